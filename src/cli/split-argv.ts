/**
 * Takes what stands after `--` off a command line: it is the agent's. Where no prompt stands before it, its first word
 * is the prompt. A word that begins with a dash and holds white space is a prompt too, never a flag.
 */
export const splitArgv = (
  argv: readonly string[],
): { readonly own: readonly string[]; readonly rest: readonly string[] | null; readonly dashed: string | null } => {
  const at = argv.indexOf('--')
  const own = at < 0 ? argv : argv.slice(0, at)
  const dashed = own.find((word) => word.startsWith('-') && /\s/.test(word) && !/^[^\s]*=/.test(word)) ?? null
  return { own: own.filter((word) => word !== dashed), rest: at < 0 ? null : argv.slice(at + 1), dashed }
}
