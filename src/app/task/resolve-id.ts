import { BerthError } from '../../domain/errors.ts'
import type { Store } from '../../store/store.ts'

/** The id a person means: an id, a name, or a beginning of an id (with or without its `t-`) that only one task has. */
export const resolveId = (store: Store, text: string): string => {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(text))
    throw new BerthError('not-found', `${text}: not the id or name of a task`)
  const found = store.find(text)
  const exact = found.find((task) => task.id === text || task.name === text)
  if (exact !== undefined) return exact.id
  if (found.length === 0) throw new BerthError('not-found', `${text}: there is no such task`)
  if (found.length > 1) throw new BerthError('ambiguous', `${text} could be ${found.map((task) => task.id).join(', ')}`)
  return (found[0] as { id: string }).id
}
