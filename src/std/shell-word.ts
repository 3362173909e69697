const PLAIN = /^[\w@%+=:,./-]+$/

/** One word of a POSIX shell's command line, quoted where it must be. */
export const shellWord = (word: string): string => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
