import { BerthError } from '../../domain/errors.ts'
import type { ContainerExit, ContainerInfo } from '../../engines/engine.ts'
import { pause } from '../../std/abort.ts'
import { every, retry } from '../../std/retry.ts'
import { engineAway } from '../container/engine-retry.ts'
import type { Running } from './running.ts'

const AGAIN_MS = 500

export type Exit = ContainerExit & { readonly gone: boolean }

export const GONE: Exit = { code: -1, oom: false, error: null, gone: true }

/** The engine's own fault, which says more than the error that made somebody look. */
const isDown = (error: unknown) =>
  engineAway(error) || (error instanceof BerthError && error.code === 'engine-permission')

/**
 * Looks at a container, and asks until the engine answers; meanwhile the task is unreachable, not died. `cause`: the
 * error that led to this look. It repeats a stop that the engine did not get.
 */
export const lookUntilKnown = async (
  { engine, live, plan, control, signal }: Running,
  container: string,
  cause: unknown,
): Promise<ContainerInfo | undefined> => {
  let lost = live.record.unreachable !== null
  const look = async () => {
    const found = await engine.inspect(container, signal)
    if (lost) live.append({ type: 'engine.back', turn: plan.turn })
    if (lost && found !== undefined) await control.started(found.id)
    return found
  }
  const onRetry = (error: unknown) => {
    const { message } = isDown(error) || !(cause instanceof Error) ? (error as Error) : cause
    if (!lost) live.append({ type: 'engine.lost', turn: plan.turn, reason: message })
    lost = true
  }
  return await retry(look, { while: () => true, delays: every(AGAIN_MS), onRetry, signal })
}

/** Waits for the container's end, over restarts of the engine. */
export const waitForExit = async (running: Running, container: string): Promise<Exit> => {
  const { engine, signal } = running
  for (;;) {
    try {
      return { ...(await engine.wait(container, signal)), gone: false }
    } catch (error) {
      signal.throwIfAborted()
      const found = await lookUntilKnown(running, container, error)
      if (found === undefined) return GONE
      if (found.exit !== null && found.state !== 'running') return { ...found.exit, gone: false }
      await pause(AGAIN_MS, signal)
    }
  }
}
