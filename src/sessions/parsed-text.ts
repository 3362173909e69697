/** What a text holds and on which line each key stands, or the first mistake. */
export type ParsedText =
  | { readonly ok: true; readonly root: unknown; readonly lineOf: (path: readonly string[]) => number }
  | { readonly ok: false; readonly line: number; readonly error: string }
