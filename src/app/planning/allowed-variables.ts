import { BerthError } from '../../domain/errors.ts'

const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern

/** Throws for a variable of the caller's shell that is not on the list; null: any may be passed. */
export const refuseUnlisted = (allowed: readonly string[] | null, names: readonly string[]): void => {
  const name = allowed === null ? undefined : names.find((one) => !allowed.some((pattern) => fits(pattern, one)))
  if (name === undefined) return
  throw new BerthError(
    'env-not-allowed',
    `--env ${name}: env-allow does not let this variable of the shell pass; it lists ${allowed?.join(', ') || 'nothing'}`,
  )
}
