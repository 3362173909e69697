import { BerthError } from '../../domain/errors.ts'
import type { Event } from '../../domain/event.ts'
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

const TYPES = [
  'task.created',
  'agent.started',
  'agent.session',
  'agent.usage',
  'work.kept',
  'work.rebased',
  'work.amended',
] as const

type PointEvent = Extract<Event, { readonly type: (typeof TYPES)[number] }>

const pointAfter = (point: Forked, event: PointEvent): Forked => {
  switch (event.type) {
    case 'task.created': {
      const { source, fork } = event.task
      const base = source.base ?? ''
      const { task, turn } = point
      return { ...point, base, head: base, ...(fork === undefined ? {} : { ...fork, task, turn }) }
    }
    case 'work.kept': {
      const base = event.base ?? point.base
      return { ...point, base, head: event.head ?? base, wip: event.wip }
    }
    case 'work.rebased':
      return { ...point, base: event.onto, head: event.head, wip: event.wip }
    case 'work.amended': {
      const { before, head } = event
      return point.head === before ? { ...point, head, wip: point.wip === before ? head : point.wip } : point
    }
    case 'agent.started':
      return { ...point, snapshot: event.turn }
    case 'agent.session':
      return { ...point, session: event.session }
    case 'agent.usage':
      return { ...point, thread: event.thread ?? point.thread }
  }
}

/** The work and the session of a task as they were at a turn's end, by its journal. */
export const forkPoint = (live: Pick<LiveTask, 'record' | 'journal'>, asked: number | undefined): Forked => {
  const turn = turnOf(live.record, asked)
  const none = { wip: null, session: null, thread: null, snapshot: null }
  let found: Forked = { task: live.record.id, turn, base: '', head: '', ...none }
  for (const event of live.journal.select(...TYPES))
    if (event.type === 'task.created' || event.turn <= turn) found = pointAfter(found, event)
  return found
}
