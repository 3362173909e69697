import { BerthError } from '../domain/errors.ts'
import { type Price, price } from '../domain/price.ts'

/** The tables [prices."MODEL"]. Throws config-invalid with file and line of the first mistake. */
export const readPrices = (
  raw: unknown,
  file: string,
  lineOf: (path: readonly string[]) => number,
): ReadonlyMap<string, Price> => {
  const wrong = (path: readonly string[], message: string) => {
    const shown = ['prices', ...path]
    throw new BerthError('config-invalid', `${file}:${lineOf(shown)}: ${shown.join('.')}: ${message}`)
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return wrong([], 'expected tables [prices."MODEL"]')
  return new Map(
    Object.entries(raw).map(([model, table]) => {
      const result = price.safeParse(table)
      if (result.success) return [model, result.data]
      const [issue] = result.error.issues
      const at = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : (issue?.path.map(String) ?? [])
      return wrong([model, ...at], issue?.message ?? 'is not valid')
    }),
  )
}
