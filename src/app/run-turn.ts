import { setTimeout as sleep } from 'node:timers/promises'
import { classify } from '../domain/classify.ts'
import { BerthError } from '../domain/errors.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { ContainerExit, Engine } from '../engines/engine.ts'
import type { Plan } from '../plan/plan.ts'
import { type TurnControl, turnControl } from './control.ts'
import { deliver } from './deliver.ts'
import type { Deps } from './deps.ts'
import { follow } from './follow.ts'
import { ingest } from './ingest.ts'
import type { LiveTask } from './live-task.ts'
import { obtain } from './obtain.ts'
import { openRaw, readRaw } from './raw-log.ts'
import { type TurnHistory, turnHistory } from './turn-history.ts'
import { watchGateway } from './watch-gateway.ts'

const UNTRUSTED_KEPT = 200
const DRAIN_MS = 10_000

type Exit = ContainerExit & { readonly gone: boolean }
type Running = {
  readonly deps: Deps
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly control: TurnControl
  readonly history: TurnHistory
  readonly end: AbortSignal
}

/** Waits for the container's end, over restarts of the engine. */
const waitForExit = async ({ engine, live, end }: Running, container: string): Promise<Exit> => {
  for (let told = false; ; ) {
    try {
      return { ...(await engine.wait(container, end)), gone: false }
    } catch (error) {
      end.throwIfAborted()
      const down = error instanceof BerthError && (error.code === 'engine-down' || error.code === 'engine-timeout')
      if (!down) {
        const found = await engine.inspect(container).catch(() => null)
        if (found === undefined) return { code: -1, oom: false, error: null, gone: true }
        if (found?.exit) return { ...found.exit, gone: false }
      }
      if (!told)
        live.append({
          type: 'notice',
          level: 'info',
          text: `the engine does not answer; the agent goes on: ${(error as Error).message}`,
        })
      told = true
      await sleep(500, undefined, { signal: end })
    }
  }
}

/** Whether somebody removes, or has removed, a container that ended too early. */
const isGone = async ({ engine, end }: Running, container: string): Promise<boolean> => {
  const found = await engine.inspect(container, end).catch(() => null)
  return found === undefined || found?.state === 'removing'
}

/** Takes the container's frames into raw file and journal until its log ends. */
const takeFrames = async (
  running: Running,
  container: string,
  taken: ReturnType<typeof ingest>,
  redact: (text: string) => string,
) => {
  const { live, plan, engine, end } = running
  const path = `${live.folder}/raw/${plan.turn}-${plan.attempt}.jsonl`
  let known = 0
  let since: number | null = null
  for (const frame of readRaw(path)) {
    live.append(...taken.frame(frame))
    known = frame.n
    since = frame.t
  }
  const raw = openRaw(path)
  let untrusted = 0
  try {
    const onLost = () => {}
    for await (const batch of follow({ engine, container, known, since, signal: end, onLost })) {
      raw.append(batch.frames.map(({ line }) => redact(line)))
      const events = batch.frames.flatMap(({ frame }) => taken.frame(frame))
      const strange = batch.untrusted.slice(0, Math.max(0, UNTRUSTED_KEPT - untrusted))
      untrusted += batch.untrusted.length
      live.append(
        ...events,
        ...strange.map((text) => ({ type: 'untrusted' as const, turn: plan.turn, text: redact(text.slice(0, 2000)) })),
      )
    }
  } finally {
    raw.close()
  }
}

const outcomeOfError = (error: unknown, stop: TurnControl['stop']): Outcome => {
  if (stop?.by === 'user') return { result: 'stopped', class: 'stopped', reason: stop.reason, exitCode: null }
  const reason = error instanceof Error ? error.message : String(error)
  const code = error instanceof BerthError ? error.row.exit : 'internal'
  return {
    result: 'failed',
    class: code === 'engine' ? 'engine' : code === 'auth' ? 'auth' : 'setup',
    reason,
    exitCode: null,
  }
}

const turnOutcome = async (running: Running, container: string): Promise<Outcome> => {
  const { deps, live, plan, control, history, end } = running
  const provider = deps.providers.get(plan.provider)
  if (provider === undefined)
    throw new BerthError('unknown-provider', `${plan.provider}: this Berth does not have that agent`)
  const { redact } = live
  const resume = plan.resume
  const taken = ingest({
    turn: plan.turn,
    parser: provider.parser({ previousThread: history.thread, resume }),
    journaled: history.position,
    redact,
  })
  using gateway = watchGateway({
    deps,
    live,
    turn: plan.turn,
    after: history.gatewayLine,
    verdict: history.verdict,
    control,
    signal: end,
  })
  const frames = takeFrames(running, container, taken, redact)
  frames.catch(() => {})
  const ended = await waitForExit(running, container)
  await Promise.race([frames, sleep(DRAIN_MS, undefined, { ref: false })])
  const told = taken.told
  const exit = told.ended || ended.gone ? ended : { ...ended, gone: await isGone(running, container) }
  const provided = taken.verdict
  const verdict = await gateway.settle()
  const code = exit.gone ? null : exit.code
  live.append({
    type: 'container.exited',
    turn: plan.turn,
    exitCode: code,
    oom: exit.oom || (told.agentEnd?.oom ?? false),
    ...(exit.error === null ? {} : { error: exit.error }),
  })
  const agentEnd = told.agentEnd === null ? null : { ...told.agentEnd, message: told.agentEnd.message ?? null }
  const outcome = classify({
    exit: { ...exit, code },
    stop: control.stop,
    verdict,
    failed: told.failed,
    agentEnd,
    ended: told.ended,
    provider: provided,
  })
  return await deliver({ deps, live, plan, outcome, work: told.work, signal: end })
}

/**
 * One turn from its plan to its outcome. Called again for a turn that an earlier supervisor began, it goes on where the
 * journal ends. Never rejects but for a fault of ours or an aborted `end` (the supervisor leaves, the agent goes on).
 */
export const runTurn = async (input: {
  readonly deps: Deps
  readonly live: LiveTask
  readonly plan: Plan
  readonly engine: Engine
  readonly end: AbortSignal
  readonly onControl: (control: TurnControl) => void
}): Promise<void> => {
  const { deps, live, plan, engine, end } = input
  const history = turnHistory(live, plan.turn, plan.attempt)
  const graceMs = (plan.order.run?.interrupt.graceMs ?? 0) + (plan.order.run?.termGraceMs ?? 0)
  const control = turnControl({ live, turn: plan.turn, engine, graceMs })
  input.onControl(control)
  const running: Running = { deps, live, plan, engine, control, history, end }
  if (!history.started)
    live.append({ type: 'turn.started', turn: plan.turn, attempt: plan.attempt, container: plan.container.name })
  if (history.stop !== null) await control.restore(history.stop)
  let outcome: Outcome
  try {
    const container = await obtain(running)
    outcome =
      container === null
        ? classify({
            exit: { code: null, oom: false, gone: true, error: null },
            stop: control.stop,
            verdict: null,
            failed: null,
            agentEnd: null,
            ended: false,
            provider: null,
          })
        : await turnOutcome(running, container)
  } catch (error) {
    end.throwIfAborted()
    outcome = outcomeOfError(error, control.stop)
  }
  control.end()
  await live.commit({ type: 'turn.ended', turn: plan.turn, outcome })
}
