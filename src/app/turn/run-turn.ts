import { classify } from '../../domain/classify.ts'
import type { Outcome } from '../../domain/outcome.ts'
import { retryAt } from '../../domain/retry.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { deliverAll } from '../delivery/deliver-all.ts'
import { workTakers } from '../delivery/work-takers.ts'
import { providerOf } from '../planning/choose-provider.ts'
import { diskFull } from '../task/disk-space.ts'
import { outcomeOfError } from '../task/outcome-of-error.ts'
import { contextsOf } from '../task/repository-context.ts'
import { takeSession } from '../task/session-file.ts'
import { clearSshKey } from '../task/ssh-key-copy.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { turnHistory } from '../task/turn-history.ts'
import { acquireContainer } from './acquire-container.ts'
import { endEvent } from './await-turn-end.ts'
import { type TurnControl, turnControl } from './control.ts'
import { frameParser } from './frame-parser.ts'
import { guardTurn } from './guard-turn.ts'
import { holdLogin } from './hold-login.ts'
import { holdToken } from './hold-token.ts'
import { asksAgain, keepResult } from './keep-result.ts'
import { recordTranscript } from './record-transcript.ts'
import type { Running } from './running.ts'
import { salvageWork } from './salvage-work.ts'
import { takeLoginBack } from './take-login-back.ts'
import { QUIT_CODES, terminalParser } from './terminal-parser.ts'
import { watchTurn } from './watch-turn.ts'

const LOST_PROCESS =
  'the worker reports that the container ran out of memory and lost a process; the agent went on (--memory gives it more)'

const STOPS: ReadonlySet<string> = new Set(['kill', 'stop'])

/** Whether the engine reported a stop or a kill of the turn's container. */
const wasStopped = ({ live, plan }: Running): boolean => {
  for (const event of live.journal.select('engine.event'))
    if (event.turn === plan.turn && event.container === plan.container.name && STOPS.has(event.action)) return true
  return false
}

/** What came of the turn by all that is known of its end: exit, stop, verdicts and the worker's report. */
const classified = (
  running: Running,
  { exit, verdict }: Awaited<ReturnType<typeof watchTurn>>,
  parser: ReturnType<typeof frameParser>,
): Outcome => {
  const { live, plan, control, history } = running
  const { report } = parser
  const agentEnd = report.agentEnd === null ? null : { ...report.agentEnd, message: report.agentEnd.message ?? null }
  const outcome = classify({
    exit: { ...exit, code: exit.gone ? null : exit.code },
    stop: history.publishing ? null : control.stop,
    verdict,
    failed: report.failed,
    agentEnd,
    ended: report.ended,
    dropped: report.dropped,
    provider: parser.verdict,
    ...(plan.order.run?.terminal === undefined ? {} : { quitCodes: QUIT_CODES }),
    stoppedByEngine: wasStopped(running),
  })
  if (outcome.result === 'done' && agentEnd?.oom && !live.record.warnings.includes(LOST_PROCESS))
    live.append({ type: 'notice', level: 'warning', text: LOST_PROCESS })
  return outcome
}

/** Follows a turn to its end and delivers its work. `container`: null where it is gone. */
const turnOutcome = async (running: Running, container: string | null): Promise<Outcome> => {
  const { deps, live, plan, control, history } = running
  const provider = providerOf(deps, live, plan)
  const isAtTerminal = plan.order.run?.terminal !== undefined
  const expected = isAtTerminal ? (provider.screenAsks ?? []) : []
  const parser = frameParser({
    turn: plan.turn,
    parser: isAtTerminal
      ? terminalParser(provider.title)
      : provider.parser({ previousThread: history.thread, resume: plan.resume }),
    journaled: history.position,
    keepAlive: plan.order.keepAliveMs !== undefined,
    redact: live.redact,
    further: (plan.further ?? []).map(({ source }) => source.folder),
  })
  using guard = guardTurn({ plan, control, startedAt: history.startedAt, now: deps.clock.now })
  await using takers = workTakers(deps.git, contextsOf(running))
  using terminal = deps.terminals.open(deps, live, plan)
  const end = await watchTurn(running, container, { parser, guard, takers, terminal, expected })
  terminal?.end(end.exit.code)
  const { report } = parser
  if (history.exit === null && !history.journaledTypes.has('container.kept'))
    live.append(endEvent(running, end.exit, report))
  faultPoint('container.exited')
  const outcome = await keepResult(running, classified(running, end, parser))
  const salvaged = report.ended ? [] : await salvageWork(running)
  await takeSession(live.folder, plan)
  await takeLoginBack(running)
  faultPoint('login.back')
  if (isAtTerminal) await recordTranscript(running, provider, report)
  const works = new Map([...salvaged, ...report.works])
  return await deliverAll({ context: running, outcome, works, takers, history })
}

/** When Berth retries the turn by itself; null if it does not. */
const laterTry = ({ deps, live, plan }: Running, outcome: Outcome): string | null => {
  if (asksAgain(live.record, plan, outcome)) return deps.clock.now().toISOString()
  const tries = live.record.turns.find(({ turn }) => turn === plan.turn)?.tries ?? 0
  return plan.retry === undefined
    ? null
    : retryAt({ outcome, policy: plan.retry, tries, now: deps.clock.now().getTime() })
}

/** The outcome of a turn that an error ended. */
const outcomeAfter = (error: unknown, { stop }: TurnControl): Outcome =>
  stop?.by === 'user'
    ? { result: 'stopped', class: 'stopped', reason: stop.reason, exitCode: null }
    : outcomeOfError(error)

/**
 * One turn from its plan to its outcome. Called again for a turn that an earlier supervisor began, it goes on where the
 * journal ends. Never rejects but for a fault of ours or an aborted `signal` (the supervisor shuts down, the agent goes
 * on).
 */
export const runTurn = async (
  context: Omit<TurnContext, 'deps'> & Pick<Running, 'deps' | 'early'>,
  onControl: (control: TurnControl) => void,
): Promise<void> => {
  const { live, plan, engine, signal } = context
  const { turn, attempt } = plan
  const history = turnHistory(live, turn, attempt)
  const graceMs = (plan.order.run?.interrupt.graceMs ?? 0) + (plan.order.run?.termGraceMs ?? 0)
  const control = turnControl({ live, turn, engine, graceMs })
  onControl(control)
  using token = holdToken(context)
  const running: Running = { ...context, control, history, token }
  if (!history.started) live.append({ type: 'turn.started', turn, attempt, container: plan.container.name })
  faultPoint('turn.started')
  if (history.stop !== null) await control.restore(history.stop)
  let outcome: Outcome
  let acquired = false
  using _login = holdLogin(running)
  try {
    const container = await acquireContainer(running)
    acquired = true
    outcome = await turnOutcome(running, container)
  } catch (error) {
    signal.throwIfAborted()
    // The agent goes on; its output waits in the container's log until there is space for it.
    if (acquired && diskFull(error)) throw error
    outcome = outcomeAfter(error, control)
  } finally {
    control.end()
  }
  await token.end()
  clearSshKey(plan)
  const until = laterTry(running, outcome)
  await live.commit(
    until === null ? { type: 'turn.ended', turn, outcome } : { type: 'turn.waiting', turn, until, outcome },
  )
  faultPoint('turn.ended')
}
