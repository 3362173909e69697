/** In an answer: a task waits for the caller context, see ROUTES.callerContext. */
export const WANTS_CALLER = 'x-berth-wants-world'
