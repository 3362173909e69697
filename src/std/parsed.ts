/** What reading a text came to: a value, or one sentence that says what is wrong with it and what was expected. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value })
export const unparsed = (error: string): { readonly ok: false; readonly error: string } => ({ ok: false, error })
