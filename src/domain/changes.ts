/** How much the work changed against its base: files, and the lines of text files. */
export type Changes = { readonly files: number; readonly insertions: number; readonly deletions: number }
