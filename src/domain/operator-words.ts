/** A tag of a task. */
export const TAG = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,62}$/
export const TAG_WORDS = 'letters, digits and . _ : / @ + -, at most 63'
/** Whom to ask about a task. */
export const CONTACT = /^\P{C}{1,200}$/u
export const CONTACT_WORDS = 'a line of at most 200 characters, without control characters'
