/**
 * A task's own variables by their names: `given` if the value came from a command line, `named` if Berth looks it up.
 */
export type Variables = Readonly<Record<string, 'given' | 'named'>>

/** The names out of NAME=VALUE and NAME. */
export const variablesOf = (
  entries: readonly string[],
): { readonly names: readonly string[]; readonly variables: Variables } => {
  const pairs = entries.map((entry) => {
    const at = entry.indexOf('=')
    return [at < 0 ? entry : entry.slice(0, at), at < 0 ? 'named' : 'given'] as const
  })
  return { names: pairs.map(([name]) => name), variables: Object.fromEntries(pairs) }
}
