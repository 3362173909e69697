/** The longest a timer can be, ms; one that is longer is over at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1
