import { firstLine } from '../std/first-line.ts'
import { BerthError } from './errors.ts'
import type { Event } from './event.ts'
import { firstRecord } from './first-record.ts'
import { addModel } from './model-usage.ts'
import { addLiveRule } from './network/live-rules.ts'
import { WITHDRAWN } from './outcome.ts'
import { unpublished, WORK_STEPS } from './reduce-work.ts'
import { nextState, outcomeAfter } from './states.ts'
import { FINAL, type TaskRecord } from './task.ts'
import { addUsage, NO_USAGE } from './usage.ts'
import type { Variables } from './variables.ts'
import type { TerminalSize } from './worker-protocol.ts'

/** What lists show of a prompt. */
const shortPrompt = (text: string) => firstLine(text).slice(0, 80)

const withVariables = ({ variables }: TaskRecord, more: Variables | undefined): Pick<TaskRecord, 'variables'> =>
  more === undefined ? {} : { variables: { ...variables, ...more } }

type Turn = TaskRecord['turns'][number]

const onTurn = (record: TaskRecord, turn: number, change: (turn: Turn) => Turn): TaskRecord['turns'] =>
  record.turns.map((t) => (t.turn === turn ? change(t) : t))

const container = (record: TaskRecord, change: Partial<NonNullable<TaskRecord['container']>>) =>
  record.container === null ? null : { ...record.container, ...change }

/** A task that was over begins another turn. */
const RENEWED = { outcome: null, reason: null, exitCode: null, endedAt: null } as const

/** No turn runs any more: adds the time of the last one. */
const idle = (record: TaskRecord, at: string) => {
  const ran = record.activeSince === null ? 0 : Date.parse(at) - Date.parse(record.activeSince)
  return { phase: null, activeMs: record.activeMs + Math.max(0, ran), activeSince: null }
}

/** The attempt's answer does not fit: Berth asks again, which is no try of the retries. */
const isUnfit = ({ result, attempt }: Turn) => result?.fits === false && result.attempt === attempt

const waiting = (record: TaskRecord, event: Extract<Event, { type: 'turn.waiting' }>): TaskRecord => ({
  ...record,
  ...idle(record, event.at),
  unreachable: null,
  waiting: { until: event.until, reason: event.outcome.reason },
  turns: onTurn(record, event.turn, (t) => ({
    ...t,
    state: 'waiting',
    tries: t.tries + (event.outcome.retryAt === undefined && !isUnfit(t) ? 1 : 0),
  })),
})

const ended = (record: TaskRecord, event: Extract<Event, { type: 'turn.ended' | 'turn.withdrawn' }>): TaskRecord => {
  const own = event.type === 'turn.ended' ? event.outcome : WITHDRAWN
  const turns = onTurn(record, event.turn, (t) => ({ ...t, state: own.result, endedAt: event.at, outcome: own }))
  // A queued turn was withdrawn while another one runs, or waits for a time.
  const others = record.turns.filter((turn) => turn.turn !== event.turn)
  if (others.some((turn) => turn.state === 'running' || turn.state === 'waiting')) return { ...record, turns }
  const over = { ...record, ...idle(record, event.at), stopping: false, unreachable: null, waiting: null, turns }
  if (turns.some((turn) => turn.state === 'queued')) return { ...over, ...RENEWED }
  const outcome = outcomeAfter(record, event)
  return { ...over, reason: outcome.reason, outcome, exitCode: outcome.exitCode, endedAt: event.at }
}

const usage = (record: TaskRecord, event: Extract<Event, { type: 'agent.usage' }>): TaskRecord => ({
  ...record,
  usage: addUsage(record.usage, event.usage),
  thread: event.thread ?? record.thread,
  turns: onTurn(record, event.turn, (t) => ({ ...t, usage: addUsage(t.usage ?? NO_USAGE, event.usage) })),
})

type Counted = Pick<TaskRecord, 'gatewayUsage' | 'models'>

/** The gateway's count, of a task or a turn. */
const counted = (of: Counted, event: Extract<Event, { type: 'gateway.usage' }>): Counted => ({
  gatewayUsage: addUsage(of.gatewayUsage ?? NO_USAGE, event.usage),
  ...(event.model !== undefined && { models: addModel(of.models, event) }),
})

const gatewayUsage = (record: TaskRecord, event: Extract<Event, { type: 'gateway.usage' }>): TaskRecord => ({
  ...record,
  ...counted(record, event),
  turns: onTurn(record, event.turn, (t) => ({ ...t, ...counted(t, event) })),
})

const queued = (record: TaskRecord, event: Extract<Event, { type: 'turn.queued' }>): TaskRecord => {
  const turn: Turn = {
    turn: event.turn,
    state: 'queued',
    attempt: 0,
    tries: 0,
    prompt: shortPrompt(event.prompt),
    queuedAt: event.at,
    startedAt: null,
    endedAt: null,
    outcome: null,
    usage: null,
    ...(event.files === undefined ? {} : { files: event.files }),
  }
  const title = record.title === '' ? turn.prompt : record.title
  return {
    ...record,
    title,
    ...withVariables(record, event.variables),
    ...(FINAL.has(record.state) || record.turns.length === 0 ? RENEWED : {}),
    turns: [...record.turns, turn],
  }
}

/** Denials are those of one turn, over all its attempts. */
const withoutDenials = ({ denials: _, ...record }: TaskRecord): TaskRecord => record

const denied = (record: TaskRecord, event: Extract<Event, { type: 'egress.denied' }>): TaskRecord => {
  const { host, port, reason, allow, count } = event
  const others = (record.denials ?? []).filter((one) => one.host !== host || one.port !== port)
  return { ...record, denials: [...others, { host, port, reason, allow, count }] }
}

const started = (record: TaskRecord, event: Extract<Event, { type: 'turn.started' }>): TaskRecord => ({
  ...unpublished(event.attempt === 1 ? withoutDenials(record) : record),
  phase: 'preparing',
  kept: record.container?.name === event.container ? null : record.kept,
  clean: false,
  startedAt: record.startedAt ?? event.at,
  endedAt: null,
  activeSince: event.at,
  turns: onTurn(record, event.turn, (t) => ({
    ...t,
    state: 'running',
    attempt: event.attempt,
    startedAt: t.startedAt ?? event.at,
  })),
})

const again = (record: TaskRecord, event: Extract<Event, { type: 'turn.again' }>): TaskRecord => ({
  ...record,
  ...RENEWED,
  ...withVariables(record, event.variables),
  waiting: null,
  turns: onTurn(record, event.turn, ({ result, ...t }) => ({
    ...t,
    // Somebody begins the turn again: its answers are counted anew.
    ...(t.state === 'waiting' && result !== undefined ? { result } : {}),
    state: 'queued',
    attempt: event.attempt - 1,
    // A turn that waited for a time keeps its place and its count of tries.
    ...(t.state === 'waiting' ? {} : { queuedAt: event.at, tries: 0 }),
    endedAt: null,
    outcome: null,
  })),
})

/** An answer of the agent was checked. */
const checked =
  (fits: boolean) =>
  (record: TaskRecord, { turn, attempt }: Extract<Event, { type: 'result.kept' | 'result.unfit' }>): TaskRecord => ({
    ...record,
    turns: onTurn(record, turn, (t) => ({ ...t, result: { fits, attempt, checked: (t.result?.checked ?? 0) + 1 } })),
  })

const hookRan = ({ hooksDue = [], ...record }: TaskRecord, due: number): TaskRecord => {
  const left = hooksDue.filter((seq) => seq !== due)
  return left.length === 0 ? record : { ...record, hooksDue: left }
}

/** Old plans know no logins. */
const loginOf = (plan: object): Pick<TaskRecord, 'login'> => {
  const { login } = plan as { readonly login?: { readonly name: string } }
  return login === undefined ? {} : { login: login.name }
}

type Of<T extends Event['type']> = Extract<Event, { type: T }>
type Step<T extends Event['type']> = (record: TaskRecord, event: Of<T>) => TaskRecord

const planned: Step<'turn.planned'> = ({ login: _, ...record }, { plan }) => ({
  ...record,
  ...loginOf(plan),
  // Its container exists already.
  ...('pooled' in plan || 'early' in plan ? { clean: false } : {}),
})

const created: Step<'container.created'> = (record, { id, name, image, digest }) => {
  const made = { id, name, state: 'created' as const, pid: null }
  return { ...record, container: made, kept: null, clean: false, image, imageDigest: digest }
}

/** Of a turn that runs. */
const withoutTerminal = ({ terminal: _, ...record }: TaskRecord): TaskRecord => record

const sized = (record: TaskRecord, { columns, rows }: TerminalSize): TaskRecord =>
  FINAL.has(record.state) ? record : { ...record, terminal: { columns, rows } }

/** The one place where a task's record changes. Other events change only its `seq`. */
const STEPS: { readonly [T in Event['type']]?: Step<T> } = {
  ...WORK_STEPS,
  'turn.queued': queued,
  'turn.again': again,
  'turn.planned': planned,
  'turn.started': started,
  'turn.blocked': (record, { reason }) => ({ ...record, reason }),
  'turn.unblocked': (record) => ({ ...record, reason: null }),
  'turn.held': (record, { reason }) => (record.state === 'queued' ? { ...record, reason } : record),
  'turn.released': (record) => (record.state === 'queued' ? { ...record, reason: null } : record),
  'turn.waiting': (record, event) => withoutTerminal(waiting(record, event)),
  'terminal.opened': sized,
  'terminal.resized': sized,
  'engine.lost': (record, { reason }) => (FINAL.has(record.state) ? record : { ...record, unreachable: reason }),
  'engine.back': (record) => ({ ...record, unreachable: null }),
  // A push by hand of a task that is over has phases too.
  'turn.phase': (record, { phase }) => (FINAL.has(record.state) ? record : { ...record, phase }),
  'container.created': created,
  'container.started': (record, { pid, effective }) => ({
    ...record,
    container: container(record, { state: 'running', pid }),
    effective,
  }),
  'container.exited': (record) => ({
    ...record,
    container: container(record, { state: 'exited', pid: null }),
    kept: null,
  }),
  'container.kept': (record, { until, frame, since }) => ({ ...record, kept: { until, frame, since } }),
  'container.removed': (record) => ({
    ...record,
    container: container(record, { state: 'removed', pid: null }),
    kept: null,
    clean: true,
  }),
  'agent.session': (record, { session }) => ({ ...record, session }),
  'agent.usage': usage,
  'gateway.usage': gatewayUsage,
  'egress.denied': denied,
  'egress.rule': (record, rule) => ({ ...record, liveRules: addLiveRule(record.liveRules, rule) }),
  'stop.requested': (record) => (FINAL.has(record.state) ? record : { ...record, stopping: true }),
  'token-daemon.started': (record, { pid, repository }) => ({
    ...record,
    tokenInside: { repository, expiresAt: null, pid },
  }),
  'token-daemon.refreshed': (record, { expiresAt }) =>
    record.tokenInside === undefined ? record : { ...record, tokenInside: { ...record.tokenInside, expiresAt } },
  'token-daemon.ended': ({ tokenInside: _, ...record }) => record,
  'turn.edited': (record, event) => ({
    ...record,
    turns: onTurn(record, event.turn, (t) => ({ ...t, prompt: shortPrompt(event.prompt) })),
  }),
  // A helper container comes up.
  'push.raced': (record) => ({ ...record, clean: false }),
  'result.kept': checked(true),
  'result.unfit': checked(false),
  'turn.ended': (record, event) => withoutTerminal(ended(record, event)),
  'turn.withdrawn': ended,
  'task.archived': (record) => ({ ...record, archived: true, emptied: true, session: null }),
  'workspace.given': (record, { to }) => ({ ...record, emptied: true, workspace: null, givenTo: to }),
  'task.unarchived': (record) => ({ ...record, archived: false }),
  'hook.due': (record, { seq }) => ({ ...record, hooksDue: [...(record.hooksDue ?? []), seq] }),
  'hook.ran': (record, { due }) => hookRan(record, due),
  notice: (record, { level, text }) =>
    level === 'warning' ? { ...record, warnings: [...record.warnings, text] } : record,
}

const step = (record: TaskRecord, event: Event): TaskRecord => {
  const change = Object.hasOwn(STEPS, event.type) ? (STEPS[event.type] as Step<Event['type']>) : undefined
  return change === undefined ? record : change(record, event)
}

/** Output of agents and startup scripts, and dropped output: such an event changes only `seq`. */
export const AGENT_OUTPUT_EVENTS: ReadonlySet<Event['type']> = new Set([
  'agent.message',
  'agent.reasoning',
  'agent.tool.start',
  'agent.tool.end',
  'agent.file',
  'agent.asked',
  'agent.notice',
  'agent.error',
  'agent.output',
  'startup.output',
  'output.dropped',
  'untrusted',
])

/**
 * The record of a task after one more line of its journal. The first line is `task.created`. An event that the
 * table of states does not allow, as in a journal of an older version, changes only `seq`.
 */
export const reduce = (record: TaskRecord | undefined, event: Event): TaskRecord => {
  if (record === undefined) {
    if (event.type === 'task.created') return firstRecord(event.task, event.at)
    throw new BerthError('corrupt-record', `a journal begins with task.created, not with ${event.type}`)
  }
  const state = nextState(record, event)
  return state === undefined ? { ...record, seq: event.seq } : { ...step(record, event), state, seq: event.seq }
}
