/** How much work changed against its base: files, and lines of those that are text. */
export type Changes = { readonly files: number; readonly insertions: number; readonly deletions: number }
