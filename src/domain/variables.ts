/** A task's own variables by their names: `given` where the value stood on a command line, `named` where it is looked up. */
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
