import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import { reduce } from '../../domain/reduce.ts'
import { nextState, TRANSITIONS } from '../../domain/states.ts'
import type { State, TaskRecord } from '../../domain/task.ts'

const STATE_EVENTS: ReadonlySet<string> = new Set(TRANSITIONS.map(({ event }) => event))

/**
 * Nothing is written that the table of states does not allow. What leads to a state that a hook is for gets a word of it
 * behind itself: both are written at once, so that no supervisor's death comes between them.
 */
export const legalEvents = (
  before: TaskRecord | undefined,
  bodies: readonly EventBody[],
  hooked: () => ReadonlySet<State>,
): readonly EventBody[] => {
  if (!bodies.some(({ type }) => STATE_EVENTS.has(type))) return bodies
  let record = before
  return bodies.flatMap((body): readonly EventBody[] => {
    if (nextState(record, body) === undefined) {
      const state = record === undefined ? 'a task that does not exist yet' : `state ${record.state}`
      const turn = 'turn' in body ? ` of turn ${body.turn}` : ''
      throw new BerthError('illegal-transition', `event ${body.type}${turn} is not allowed in ${state}`)
    }
    const from = record?.state ?? null
    record = reduce(record, { v: 1, seq: 0, at: '', ...body })
    const { state } = record
    return state !== from && hooked().has(state) ? [body, { type: 'hook.due', state, before: from }] : [body]
  })
}
