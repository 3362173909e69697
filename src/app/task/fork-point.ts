import { BerthError } from '../../domain/errors.ts'
import type { ForkPoint, TaskRecord } from '../../domain/task.ts'
import type { LiveTask } from './live-task.ts'

/** The turn at whose end a fork begins: the named one, or the last that ran. */
const turnOf = ({ id, turns }: TaskRecord, asked: number | undefined): number => {
  const found = asked === undefined ? turns.findLast(({ startedAt }) => startedAt !== null) : turns[asked - 1]
  if (asked !== undefined && found === undefined)
    throw new BerthError('not-allowed', `${id} has no turn ${asked}: its turns are 1 to ${turns.length}`)
  if (found === undefined || found.startedAt === null)
    throw new BerthError('not-allowed', `turn ${asked ?? 1} of ${id} never began: it has nothing to fork`)
  return found.turn
}

export type Forked = ForkPoint & {
  /** The turn whose snapshot of the session it is; null where no agent has run. */
  readonly snapshot: number | null
  /** What the work stands on. */
  readonly base: string
}

/** The work and the session of a task as they were at a turn's end, by its journal. */
export const forkPoint = (live: Pick<LiveTask, 'record' | 'journal'>, asked: number | undefined): Forked => {
  const { id } = live.record
  const turn = turnOf(live.record, asked)
  const none = { wip: null, session: null, thread: null, snapshot: null }
  let found: Forked = { task: id, turn, base: '', head: '', ...none }
  for (const event of live.journal.select(
    'task.created',
    'agent.started',
    'agent.session',
    'agent.usage',
    'work.kept',
    'work.rebased',
  )) {
    if (event.type === 'task.created') {
      const { source, fork } = event.task
      const base = source.base ?? ''
      found = { ...found, base, head: base, ...(fork === undefined ? {} : { ...fork, task: id, turn }) }
    } else if (event.turn > turn) continue
    if (event.type === 'work.kept') {
      const base = event.base ?? found.base
      found = { ...found, base, head: event.head ?? base, wip: event.wip }
    }
    if (event.type === 'work.rebased') found = { ...found, base: event.onto, head: event.head, wip: event.wip }
    if (event.type === 'agent.started') found = { ...found, snapshot: event.turn }
    if (event.type === 'agent.session') found = { ...found, session: event.session }
    if (event.type === 'agent.usage') found = { ...found, thread: event.thread ?? found.thread }
  }
  return found
}
