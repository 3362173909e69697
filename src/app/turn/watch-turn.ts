import { setTimeout as sleep } from 'node:timers/promises'
import type { GatewayVerdict } from '../../domain/event.ts'
import type { WorkTakers } from '../delivery/work-takers.ts'
import type { LiveTerminal } from '../terminal/live-terminal.ts'
import { awaitTurnEnd, type TurnEnd } from './await-turn-end.ts'
import type { frameParser } from './frame-parser.ts'
import type { guardTurn } from './guard-turn.ts'
import { recordFrames } from './record-frames.ts'
import type { Running } from './running.ts'
import { watchGateway } from './watch-gateway.ts'

const DRAIN_MS = 10_000

/** Whether somebody removed, or is removing, a container that ended too early. */
const isGone = async ({ engine, signal }: Running, container: string): Promise<boolean> => {
  const found = await engine.inspect(container, signal).catch(() => null)
  return found === undefined || found?.state === 'removing'
}

/** Waits for the end of an ended container's log while more of it comes; gives the error if the log cannot be read. */
const readRest = async (frames: Promise<void>, bytes: () => number): Promise<Error | null> => {
  const over = frames.then(
    () => null,
    (error: unknown) => error as Error,
  )
  for (let seen = -1; seen !== bytes(); ) {
    seen = bytes()
    const word = await Promise.race([over, sleep(DRAIN_MS, 'silent' as const, { ref: false })])
    if (word !== 'silent') return word
  }
  return null
}

type Parts = {
  readonly parser: ReturnType<typeof frameParser>
  readonly guard: ReturnType<typeof guardTurn>
  readonly takers: WorkTakers
  readonly terminal: LiveTerminal | undefined
  /** HOST:PORT of requests whose denial is not told. */
  readonly expected: readonly string[]
}

/** Reads the container's log until the turn is over and nothing more of it comes. */
const readToEnd = async (
  running: Running,
  container: string | null,
  { parser, guard, takers, terminal }: Parts,
): Promise<TurnEnd> => {
  let bytes = 0
  const logged = (more: number) => {
    bytes += more
    guard.logged(more)
  }
  const { written } = guard
  const { report } = parser
  const enough = new AbortController()
  const reading = { ...running, signal: AbortSignal.any([running.signal, enough.signal]) }
  const frames = recordFrames(reading, container, parser, { logged, written, bundled: takers.begin, terminal })
  frames.catch(() => {})
  const ended = await awaitTurnEnd(running, container, frames, report)
  // Nothing of the turn comes after the worker's last frame, and engines end a log some time after its container.
  if (report.ended) enough.abort()
  const unread = await readRest(frames, () => bytes)
  const exit =
    report.ended || container === null || ended.gone ? ended : { ...ended, gone: await isGone(running, container) }
  if (unread !== null && !exit.gone) throw unread
  return exit
}

/**
 * Records what a turn says and what the gateway sees of it, until the turn is over. `container`: null where it is gone;
 * what it left on this side is taken all the same. `verdict`: what the gateway saw that ends a turn.
 */
export const watchTurn = async (
  running: Running,
  container: string | null,
  parts: Parts,
): Promise<{ readonly exit: TurnEnd; readonly verdict: GatewayVerdict | null }> => {
  const { deps, live, plan, control, history, signal } = running
  using gateway = watchGateway({
    deps,
    live,
    turn: plan.turn,
    endsTurn: plan.order.run?.terminal === undefined,
    expected: parts.expected,
    history,
    control,
    signal,
  })
  const exit = await readToEnd(running, container, parts)
  const verdict = await gateway.settle()
  signal.throwIfAborted()
  return { exit, verdict }
}
