import type { Event, GatewayVerdict } from '../../domain/event.ts'
import { eventsIn, filterLines } from '../../domain/event-line.ts'
import type { StopReason } from '../../domain/outcome.ts'
import type { LiveTask } from './live-task.ts'

export type GatewayPlace = { readonly gateway: string; readonly line: number }

/** Gateways follow each other, and their names with them. */
export const isBehind = (place: GatewayPlace, other: GatewayPlace | null): boolean =>
  other === null || place.gateway > other.gateway || (place.gateway === other.gateway && place.line > other.line)

/** What of the turn's work the journal already has. */
export type WorkHistory = {
  /** Kinds of events that this attempt has told, of those that are told once. */
  readonly journaledTypes: ReadonlySet<string>
  /** How often the work was rebased since the turn's start. */
  readonly rebased: number
}

/** What the journal already holds of the turn in hand: where a killed supervisor had come to. */
export type TurnHistory = WorkHistory & {
  readonly started: boolean
  readonly startedAt: number | null
  /** The same of the further repositories, by their folders. */
  readonly further: ReadonlyMap<string, WorkHistory>
  readonly container: string | null
  readonly released: boolean
  readonly position: readonly [number, number] | null
  readonly exit: Extract<Event, { type: 'container.exited' }> | null
  readonly stop: StopReason | null
  /** The turn was done and its work on its way to the remote: a stop comes too late. */
  readonly publishing: boolean
  readonly verdict: GatewayVerdict | null
  /** The place in the gateway's log up to which the journal tells what it says of the model. */
  readonly gatewayLine: GatewayPlace | null
  /** The same as it was at the turn's beginning: what was denied is counted from there. */
  readonly turnLine: GatewayPlace | null
  /** What the turn was denied, in all its attempts. */
  readonly denied: readonly Extract<Event, { type: 'egress.denied' }>[]
  readonly thread: LiveTask['record']['thread']
}

const laterPosition = (a: readonly [number, number] | null, b: readonly [number, number]) =>
  a === null || b[0] > a[0] || (b[0] === a[0] && b[1] > a[1]) ? b : a

const NOTHING: TurnHistory = {
  started: false,
  startedAt: null,
  journaledTypes: new Set(),
  further: new Map(),
  container: null,
  released: false,
  position: null,
  rebased: 0,
  exit: null,
  stop: null,
  publishing: false,
  verdict: null,
  gatewayLine: null,
  turnLine: null,
  denied: [],
  thread: null,
}

/** Of all that an agent said it is enough to look at the last. */
const LOOKED_AT = 100

/** The place of the last frame that was told of a turn behind an event. */
const positionOf = ({ journal }: LiveTask, turn: number, begun: number): TurnHistory['position'] => {
  for (let count = LOOKED_AT; ; count *= 10) {
    const after = Math.max(begun, journal.tail(count, { turn }))
    let position: TurnHistory['position'] = null
    for (const { bytes } of journal.lines(after, { turn }))
      for (const event of eventsIn(journal.path, filterLines(bytes, { turn })))
        if ('from' in event && event.from !== undefined) position = laterPosition(position, event.from)
    if (position !== null || after === begun) return position
  }
}

const TURN = ['task.created', 'turn.again', 'turn.started', 'turn.phase'] as const
const CONTAINER = ['container.created', 'container.started', 'container.exited', 'container.kept'] as const
const SEEN = [
  'source.ready',
  'egress.denied',
  'gateway.verdict',
  'gateway.usage',
  'agent.usage',
  'stop.requested',
] as const
const WORK = [
  'work.kept',
  'work.nothing',
  'work.patch',
  'work.pushed',
  'work.rebased',
  'work.amended',
  'pr.opened',
  'pr.updated',
  'result.kept',
  'result.unfit',
] as const

const TYPES = [...TURN, ...CONTAINER, ...SEEN, ...WORK] as const

type HistoryEvent = Extract<Event, { readonly type: (typeof TYPES)[number] }>

/** What events of any turn tell: what the gateway saw in an earlier one is not seen again. */
type Earlier = Pick<TurnHistory, 'gatewayLine' | 'turnLine' | 'denied' | 'thread'>

/** The latest place counts: a denial is counted in the end, and names an earlier line than what came before. */
const seenUpTo = (known: Earlier, { gateway, line }: GatewayPlace, isEarlier: boolean): Earlier => {
  const place = { gateway, line }
  const gatewayLine = isBehind(place, known.gatewayLine) ? place : known.gatewayLine
  return { ...known, gatewayLine, ...(isEarlier && { turnLine: gatewayLine }) }
}

const earlierAfter = (known: Earlier, event: HistoryEvent, turn: number): Earlier => {
  switch (event.type) {
    case 'task.created':
      return { ...known, thread: event.task.fork?.thread ?? null }
    case 'gateway.verdict':
      return seenUpTo(known, event.verdict, event.turn < turn)
    case 'gateway.usage':
      return seenUpTo(known, event, event.turn < turn)
    case 'egress.denied': {
      const seen = seenUpTo(known, event, event.turn < turn)
      return event.turn === turn ? { ...seen, denied: [...seen.denied, event] } : seen
    }
    case 'agent.usage':
      return event.turn < turn ? { ...known, thread: event.thread ?? known.thread } : known
    default:
      return known
  }
}

const attemptAfter = (history: TurnHistory, event: HistoryEvent): TurnHistory => {
  switch (event.type) {
    case 'container.created':
      return { ...history, container: event.id }
    case 'container.started':
      return { ...history, released: true }
    case 'container.exited':
      return { ...history, exit: event }
    case 'turn.phase':
      return event.phase === 'publishing' ? { ...history, publishing: true } : history
    case 'stop.requested':
      return { ...history, stop: { by: event.by, reason: event.reason } }
    case 'gateway.verdict':
      return { ...history, verdict: event.verdict }
    default:
      return history
  }
}

const NO_WORK: WorkHistory = { journaledTypes: new Set(), rebased: 0 }

/** The folder of the further repository that the event is of; null: the main one, or the turn. */
const repositoryOf = (event: HistoryEvent): string | null => ('repository' in event ? (event.repository ?? null) : null)

const workAfter = ({ journaledTypes, rebased }: WorkHistory, { type }: HistoryEvent): WorkHistory => ({
  journaledTypes: journaledTypes.has(type) ? journaledTypes : new Set([...journaledTypes, type]),
  rebased: type === 'work.rebased' ? rebased + 1 : rebased,
})

/** What of the work of one repository the journal already has. */
export const workHistory = (history: TurnHistory, repository: string | undefined): WorkHistory =>
  repository === undefined ? history : (history.further.get(repository) ?? NO_WORK)

export const turnHistory = (live: LiveTask, turn: number, attempt: number): TurnHistory => {
  let history = NOTHING
  let earlier: Earlier = { gatewayLine: null, turnLine: null, denied: [], thread: null }
  let works = new Map<string | null, WorkHistory>()
  let begun: number | null = null
  for (const event of live.journal.select(...TYPES)) {
    earlier = earlierAfter(earlier, event, turn)
    if (event.type === 'task.created' || event.turn !== turn) continue
    if (event.type === 'turn.started' || event.type === 'turn.again') {
      const started = event.type === 'turn.started' && event.attempt === attempt
      history = { ...NOTHING, started, startedAt: Date.parse(event.at) }
      works = new Map()
      begun = event.seq
      continue
    }
    const repository = repositoryOf(event)
    works.set(repository, workAfter(works.get(repository) ?? NO_WORK, event))
    history = attemptAfter(history, event)
  }
  const position = begun === null ? null : positionOf(live, turn, begun)
  const further = new Map([...works].flatMap(([name, work]) => (name === null ? [] : [[name, work] as const])))
  return { ...history, ...earlier, position, further, ...(works.get(null) ?? NO_WORK) }
}
