import { BerthError } from '../../domain/errors.ts'
import type { FoundTask, Store } from '../../store/store.ts'

/** Shorter texts are found only at the beginning of an id: many ids end alike. */
const SHORTEST_ELSEWHERE = 6

const candidates = (found: readonly FoundTask[]): string =>
  found.map(({ id, name }) => (name === null ? id : `${id} (${name})`)).join(', ')

/** The one task of those found; undefined where there is none. */
const only = (text: string, found: readonly FoundTask[]): string | undefined => {
  if (found.length > 1) throw new BerthError('ambiguous', `${text} could be ${candidates(found)}`)
  return found[0]?.id
}

/**
 * The id of the task that a person means: by its id, its name, a beginning of its id (with or without `t-`), the end of
 * its id, the id of its container, or the id of its agent session. A text that fits several tasks is refused.
 */
export const resolveId = (store: Pick<Store, 'find' | 'findElsewhere'>, text: string): string => {
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(text))
    throw new BerthError('not-found', `${text}: not the id or name of a task`)
  const found = store.find(text)
  const exact = found.find((task) => task.id === text || task.name === text)
  const id =
    exact?.id ??
    only(text, found) ??
    (text.length < SHORTEST_ELSEWHERE ? undefined : only(text, store.findElsewhere(text)))
  if (id === undefined) throw new BerthError('not-found', `${text}: there is no such task`)
  return id
}
