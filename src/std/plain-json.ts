/** Characters that could act on a terminal, or reorder what it shows: a string of JSON may hold them as they are. */
const ACTING = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** A value as JSON that a terminal shows as it is. It is the same value to a parser. `indent` 0: on one line. */
export const plainJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, null, indent).replace(ACTING, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
