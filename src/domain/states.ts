import type { EventBody } from './event.ts'
import { type Outcome, WITHDRAWN } from './outcome.ts'
import { FINAL, type State, type TaskRecord } from './task.ts'
import { type RepositoryName, recordOf, repositoriesOf } from './work-part.ts'

/** Which of the task's turns an event may name: a new one, one in that state, one not over, the last when over. */
type TurnIs = 'none' | 'new' | 'queued' | 'running' | 'waiting' | 'open' | 'last'

export type Transition = {
  readonly event: EventBody['type']
  /** Null: there is no task yet. */
  readonly from: readonly State[] | null
  /** `same` changes nothing; `result` is the state of the outcome, or queued if a further turn waits. */
  readonly to: State | 'same' | 'result'
  readonly turn: TurnIs
  readonly by: 'person' | 'supervisor' | 'either'
  readonly why: string
}

const OPEN: readonly State[] = ['queued', 'running', 'waiting', 'blocked']
const OVER: readonly State[] = [...FINAL]

/** Every way from one state to another. An event in no row changes no state and may come in any state. */
export const TRANSITIONS: readonly Transition[] = [
  { event: 'task.created', from: null, to: 'queued', turn: 'none', by: 'person', why: 'a task is submitted' },
  {
    event: 'turn.queued',
    from: OPEN,
    to: 'same',
    turn: 'new',
    by: 'person',
    why: 'a prompt is queued behind the running turn',
  },
  {
    event: 'turn.queued',
    from: OVER,
    to: 'queued',
    turn: 'new',
    by: 'person',
    why: 'a prompt is sent to a task that is over',
  },
  {
    event: 'turn.again',
    from: ['failed', 'stopped', 'died'],
    to: 'queued',
    turn: 'last',
    by: 'person',
    why: 'the last turn is tried again',
  },
  {
    event: 'turn.edited',
    from: OPEN,
    to: 'same',
    turn: 'queued',
    by: 'person',
    why: 'a queued turn gets another prompt',
  },
  {
    event: 'turn.withdrawn',
    from: OPEN,
    to: 'result',
    turn: 'queued',
    by: 'person',
    why: 'a queued turn is removed',
  },
  {
    event: 'turn.started',
    from: ['queued'],
    to: 'running',
    turn: 'queued',
    by: 'supervisor',
    why: 'the turn is launched',
  },
  {
    event: 'turn.blocked',
    from: ['running', 'blocked'],
    to: 'blocked',
    turn: 'running',
    by: 'supervisor',
    why: 'the task lacks a value that only a person has',
  },
  {
    event: 'turn.unblocked',
    from: ['blocked'],
    to: 'running',
    turn: 'running',
    by: 'supervisor',
    why: 'a person gave the value',
  },
  {
    event: 'turn.waiting',
    from: ['running'],
    to: 'waiting',
    turn: 'running',
    by: 'supervisor',
    why: 'the model named a time to try again, or a retry is due later',
  },
  {
    event: 'turn.again',
    from: ['waiting'],
    to: 'queued',
    turn: 'waiting',
    by: 'either',
    why: 'the time has come, or somebody skips the wait',
  },
  {
    event: 'turn.ended',
    from: OPEN,
    to: 'result',
    turn: 'open',
    by: 'either',
    why: 'a turn is over, or a stop removed it from the queue',
  },
  {
    event: 'work.pushed',
    from: ['failed'],
    to: 'done',
    turn: 'none',
    by: 'person',
    why: 'a failed push succeeds later',
  },
  {
    event: 'pr.opened',
    from: ['failed'],
    to: 'done',
    turn: 'none',
    by: 'person',
    why: 'a pull request that failed is opened later',
  },
  {
    event: 'pr.updated',
    from: ['failed'],
    to: 'done',
    turn: 'none',
    by: 'person',
    why: 'a pull request that failed is updated later',
  },
]

const BY_EVENT = Map.groupBy(TRANSITIONS, ({ event }) => event)

/** The turn that `resume` tries again: the last one that was not withdrawn. */
export const lastTurn = ({ turns }: Pick<TaskRecord, 'turns'>): TaskRecord['turns'][number] | undefined =>
  turns.findLast(({ outcome }) => outcome?.class !== 'withdrawn') ?? turns.at(-1)

const isSuch = (record: TaskRecord, event: EventBody, turn: TurnIs): boolean => {
  if (turn === 'none' || !('turn' in event)) return true
  if (turn === 'new') return event.turn === record.turns.length + 1
  const found = record.turns.find((one) => one.turn === event.turn)
  if (found === undefined) return false
  if (turn === 'open') return found.outcome === null
  if (turn === 'last') return found === lastTurn(record) && found.outcome !== null
  return found.state === turn
}

type TurnEnd = Extract<EventBody, { type: 'turn.ended' | 'turn.withdrawn' }>

/** The outcome of a task when its last open turn ends. After a withdrawn turn it is the outcome of the turn before. */
export const outcomeAfter = (record: TaskRecord, event: TurnEnd): Outcome => {
  if (event.type === 'turn.ended') return event.outcome
  return lastTurn({ turns: record.turns.filter(({ turn }) => turn < event.turn) })?.outcome ?? WITHDRAWN
}

/**
 * The state of a task after a turn's end: unchanged while another turn runs or waits for a time; queued if a further
 * turn waits.
 */
const afterEnd = (record: TaskRecord, event: TurnEnd): State => {
  const others = record.turns.filter(({ turn }) => turn !== event.turn)
  if (others.some(({ state }) => state === 'running' || state === 'waiting')) return record.state
  return others.some(({ state }) => state === 'queued') ? 'queued' : outcomeAfter(record, event).result
}

const failedToPublish = ({ state, outcome }: TaskRecord) => state === 'failed' && outcome?.class === 'push'

const areOthersPublished = (record: TaskRecord, name: RepositoryName): boolean =>
  repositoriesOf(record)
    .filter((one) => one !== name)
    .map((one) => recordOf(record, one))
    .every(({ pushError, prError }) => pushError === null && prError === undefined)

type Published = Extract<EventBody, { type: 'work.pushed' | 'pr.opened' | 'pr.updated' }>

/** The task failed for the want of this push or pull request, and lacks no other. */
export const isMended = (record: TaskRecord, { type, repository }: Published): boolean => {
  const name = repository ?? null
  const { prError } = recordOf(record, name)
  const isWanted = (type === 'work.pushed') === (prError === undefined)
  return failedToPublish(record) && isWanted && areOthersPublished(record, name)
}

/** The state after an event; undefined if the event is not allowed in this state. */
export const nextState = (record: TaskRecord | undefined, event: EventBody): State | undefined => {
  const rows = BY_EVENT.get(event.type)
  if (record === undefined) return rows?.[0]?.from === null ? 'queued' : undefined
  if (rows === undefined) return record.state
  // These are possible in every state; they change only that of a task which failed for the want of them.
  if (event.type === 'work.pushed' || event.type === 'pr.opened' || event.type === 'pr.updated')
    return isMended(record, event) ? 'done' : record.state
  const row = rows.find(({ from, turn }) => from?.includes(record.state) && isSuch(record, event, turn))
  if (row === undefined) return undefined
  if (row.to === 'same') return record.state
  return event.type === 'turn.ended' || event.type === 'turn.withdrawn' ? afterEnd(record, event) : (row.to as State)
}

export type Verb =
  | 'send'
  | 'fork'
  | 'edit'
  | 'withdraw'
  | 'resume'
  | 'stop'
  | 'push'
  | 'pr'
  | 'archive'
  | 'diff'
  | 'apply'
  | 'checkout'
  | 'rm'
const LOOK: readonly Verb[] = ['diff', 'apply', 'checkout']
const WAITING: readonly Verb[] = ['send', 'edit', 'withdraw', 'stop', ...LOOK]
const ENDED: readonly Verb[] = ['send', 'fork', 'push', 'pr', ...LOOK, 'archive', 'rm']
const RETRIED: readonly Verb[] = ['send', 'resume', 'fork', 'push', 'pr', ...LOOK, 'archive', 'rm']

/** The commands that are allowed for a task in each state. */
export const VERBS: Readonly<Record<State, readonly Verb[]>> = {
  queued: WAITING,
  running: WAITING,
  waiting: ['send', 'resume', 'edit', 'withdraw', 'stop', ...LOOK],
  blocked: ['edit', 'withdraw', 'stop', ...LOOK],
  ready: ENDED,
  done: ENDED,
  failed: RETRIED,
  stopped: RETRIED,
  died: RETRIED,
}
