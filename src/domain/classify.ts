import type { GatewayVerdict } from './event.ts'
import type { Outcome, OutcomeClass } from './outcome.ts'
import { WORKER_FAILED } from './worker-protocol.ts'

/**
 * Everything that Berth knows when a container has ended. Exit code and time come from the engine, the rest from the
 * worker.
 */
export type TurnFacts = {
  readonly exit: {
    readonly code: number | null
    readonly oom: boolean
    readonly gone: boolean
    readonly error: string | null
  }
  readonly stop: { readonly by: 'user' | 'verdict' | 'limit' | 'host'; readonly reason: string } | null
  readonly verdict: GatewayVerdict | null
  /** The worker's `fail` frame. */
  readonly failed: { readonly stage: string; readonly message: string } | null
  readonly agentEnd: {
    readonly end: string
    readonly oom: boolean
    readonly code: number | null
    readonly signal: string | null
    readonly message: string | null
  } | null
  /** The worker sent its `end` frame. */
  readonly ended: boolean
  /** How many bytes of the agent's output Berth dropped. */
  readonly dropped: number
  readonly provider: { readonly ok: boolean; readonly class: string; readonly reason: string } | null
  /** Exit codes beside 0 by which a person ends the agent at its terminal. */
  readonly quitCodes?: readonly number[]
  /** The engine reported that somebody asked it to stop or kill the container. */
  readonly stoppedByEngine?: boolean
}

const VERDICT_CLASS = {
  auth: 'auth',
  model: 'model',
  unreachable: 'network',
  'rate-limit': 'rate-limit',
  context: 'context',
} as const

const SIGNALS: Readonly<Record<number, string>> = {
  129: 'HUP',
  130: 'INT',
  134: 'ABRT',
  137: 'KILL',
  139: 'SEGV',
  143: 'TERM',
}

const describeExit = (code: number | null) => {
  if (code === null) return 'without an exit code'
  const signal = SIGNALS[code]
  return signal === undefined ? `with exit code ${code}` : `with exit code ${code} (SIG${signal})`
}

const died = (facts: TurnFacts): Outcome => {
  const exitCode = facts.exit.code
  if (facts.exit.oom || facts.agentEnd?.oom) {
    return {
      result: 'died',
      class: 'oom',
      reason: `the container ran out of memory${facts.exit.oom ? '' : ', as only its worker reports'}; give it more with --memory`,
      exitCode,
    }
  }
  const reason = facts.exit.gone
    ? 'the container is gone: something outside Berth removed it'
    : `the container ended unexpectedly ${describeExit(exitCode)}${facts.exit.error ? `: ${facts.exit.error}` : ''}`
  return { result: 'died', class: 'killed', reason, exitCode }
}

/** The reason of an agent's end at a time limit, by the `end` that the worker reports. */
export const LIMIT_REASONS = {
  'turn-limit': 'the turn reached its time limit (--turn-timeout)',
  'task-limit': 'the task used up its time (--task-timeout)',
  'idle-limit': 'the agent had no output for as long as --idle-timeout allows',
} as const

const isLimit = (end: string): end is keyof typeof LIMIT_REASONS => Object.hasOwn(LIMIT_REASONS, end)

const AGENT_CLASSES: ReadonlySet<string> = new Set(['auth', 'rate-limit', 'network', 'model', 'context', 'agent'])

/**
 * A signal to the first process can also come from inside: from the agent, or from a program that it runs. A missing
 * report of the engine proves nothing: Podman reports a stop late, or not at all.
 */
const stopWords = ({ stoppedByEngine }: TurnFacts): string =>
  stoppedByEngine
    ? 'something outside Berth stopped the container'
    : 'a signal that Berth did not send stopped the worker; it came from outside or from inside the container, where the agent can send it too'

const isQuit = ({ exit: { code }, quitCodes = [] }: TurnFacts): boolean =>
  code !== null && (code === 0 || quitCodes.includes(code))

const byAgent = (facts: TurnFacts): Outcome => {
  const exitCode = facts.exit.code
  const end = facts.agentEnd?.end ?? ''
  if (isLimit(end)) return { result: 'failed', class: 'limit', reason: LIMIT_REASONS[end], exitCode }
  if (facts.agentEnd?.end === 'not-started') {
    return {
      result: 'failed',
      class: 'setup',
      reason: `the agent could not be started: ${facts.agentEnd.message ?? 'no reason given'}`,
      exitCode,
    }
  }
  if (facts.agentEnd?.end === 'stopped') {
    return { result: 'died', class: 'killed', reason: stopWords(facts), exitCode }
  }
  const said = facts.provider
  if (!said?.ok && facts.dropped > 0) {
    const reason = `the agent wrote more than --output-limit allows: Berth dropped ${facts.dropped} bytes, and in them how the turn ended`
    return { result: 'failed', class: 'limit', reason, exitCode }
  }
  if (said?.ok && isQuit(facts)) return { result: 'done', class: 'ok', reason: said.reason, exitCode }
  if (said?.ok) {
    const reason = `${said.reason}, but the container ended ${describeExit(exitCode)}`
    return { result: 'failed', class: 'agent', reason, exitCode }
  }
  const kind: OutcomeClass = said !== null && AGENT_CLASSES.has(said.class) ? (said.class as OutcomeClass) : 'agent'
  return {
    result: 'failed',
    class: kind,
    reason: said?.reason ?? `the agent ended ${describeExit(exitCode)}`,
    exitCode,
  }
}

/**
 * How a turn ended. A person's request counts first, then what the host saw itself, then the worker's report.
 * The agent can forge frames: without exit code 0 from the engine, or one by which a person quits at a terminal, no frame
 * makes a turn done.
 */
export const classify = (facts: TurnFacts): Outcome => {
  const exitCode = facts.exit.code
  const finished = facts.ended && facts.provider?.ok === true && isQuit(facts)
  if (facts.stop?.by === 'user') return { result: 'stopped', class: 'stopped', reason: facts.stop.reason, exitCode }
  if (facts.verdict?.fatal && !finished) {
    const { message: reason, retryAt } = facts.verdict
    const when = retryAt === undefined ? {} : { retryAt }
    return { result: 'failed', class: VERDICT_CLASS[facts.verdict.class], reason, exitCode, ...when }
  }
  if (facts.stop !== null && !(facts.stop.by === 'verdict' && finished))
    return { result: 'failed', class: 'limit', reason: facts.stop.reason, exitCode }
  if (facts.failed !== null && (exitCode === WORKER_FAILED || facts.ended)) {
    return { result: 'failed', class: 'setup', reason: `${facts.failed.stage}: ${facts.failed.message}`, exitCode }
  }
  // An agent can go on after it lost one of its commands.
  if (!facts.ended || facts.exit.gone || (facts.agentEnd?.oom && !finished)) return died(facts)
  return byAgent(facts)
}
