import type { EventsAsked } from '../app/verbs/task-events.ts'
import { BerthError } from '../domain/errors.ts'

const number = (name: string, text: string | null, what: string): number | undefined => {
  if (text === null) return undefined
  if (!/^\d{1,15}$/.test(text)) throw new BerthError('bad-request', `${name}=${text}: not ${what}`)
  return Number(text)
}

const time = (text: string | null): string | undefined => {
  if (text === null) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new BerthError('bad-request', `since=${text}: not a time`)
  return new Date(at).toISOString()
}

/** Which of a task's events are asked for. `last`: the header of a reader that comes back. */
export const eventsQuery = (query: URLSearchParams, last: string | undefined): EventsAsked => {
  const after = number('after', last ?? query.get('after'), 'the number of an event') ?? 0
  const follow = query.get('follow')
  const tail = number('tail', query.get('tail'), 'a count')
  const since = time(query.get('since'))
  const turn = number('turn', query.get('turn'), 'the number of a turn')
  const types = query.get('types')
  return {
    after,
    follow: follow === 'forever' ? follow : follow === 'true',
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since }),
    ...(turn === undefined ? {} : { turn }),
    ...(types === null ? {} : { types: new Set(types.split(',')) }),
  }
}
