import type * as z from 'zod'
import { type CommandProvider, commandProvider } from '../domain/command-provider.ts'
import { BerthError } from '../domain/errors.ts'

const NAME = /^[a-z][a-z0-9-]{0,31}$/
/** Names that Berth brings itself. */
const TAKEN: readonly string[] = ['codex', 'claude', 'gemini', 'opencode', 'noop']

/** The first that is wrong, of a union that which came nearest. */
const issueOf = (issue: z.core.$ZodIssue): { readonly path: readonly string[]; readonly message: string } => {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') return { path: [...path, ...issue.keys.slice(0, 1)], message: 'unknown key' }
  const inner = issue.code === 'invalid_union' ? issue.errors.flat()[0] : undefined
  if (inner === undefined) return { path, message: issue.message }
  const deeper = issueOf(inner)
  return { path: [...path, ...deeper.path], message: deeper.message }
}

/** The tables [providers.NAME]. Throws config-invalid with file and line of the first mistake. */
export const readProviders = (
  raw: unknown,
  file: string,
  lineOf: (path: readonly string[]) => number,
): ReadonlyMap<string, CommandProvider> => {
  const wrong = (path: readonly string[], message: string) => {
    const shown = ['providers', ...path]
    throw new BerthError('config-invalid', `${file}:${lineOf(shown)}: ${shown.join('.')}: ${message}`)
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return wrong([], 'expected tables [providers.NAME]')
  return new Map(
    Object.entries(raw).map(([name, table]) => {
      if (!NAME.test(name)) wrong([name], 'a name has lower-case letters, digits and -, at most 32')
      if (TAKEN.includes(name)) wrong([name], 'Berth has an agent of this name: use another name')
      const result = commandProvider.safeParse(table)
      if (result.success) return [name, result.data]
      const [issue] = result.error.issues
      const { path, message } = issue === undefined ? { path: [], message: 'is not valid' } : issueOf(issue)
      return wrong([name, ...path], message)
    }),
  )
}
