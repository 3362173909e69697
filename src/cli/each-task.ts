import { BerthError } from '../domain/errors.ts'

/**
 * Does something to each task; one that is refused keeps no other from it. `print` gets what was done, before what was
 * refused is thrown as one error, with `hint` where there are several.
 */
export const eachTask = async <T>(
  ids: readonly string[],
  work: (id: string) => Promise<T>,
  print: (done: readonly T[]) => void,
  hint?: string,
): Promise<void> => {
  const done: T[] = []
  const refused: BerthError[] = []
  for (const id of ids)
    try {
      done.push(await work(id))
    } catch (error) {
      if (!(error instanceof BerthError)) throw error
      refused.push(error)
    }
  const [first] = refused
  if (first === undefined || done.length > 0) print(done)
  if (first === undefined) return
  throw new BerthError(first.code, refused.map(({ message }) => message).join('\n'), {
    hint: refused.length === 1 || hint === undefined ? first.hint : hint,
  })
}
