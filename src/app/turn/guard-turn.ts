import { lstatSync } from 'node:fs'
import { LIMIT_REASONS } from '../../domain/classify.ts'
import type { Plan } from '../../plan/plan.ts'
import { LONGEST_TIMER_MS } from '../../std/longest-timer.ts'
import { sharedInterval } from '../../std/shared-interval.ts'
import { DISK_FLOOR, leastFree } from '../task/disk-space.ts'
import type { TurnControl } from './control.ts'

const everyLook = sharedInterval(5000)
/** The worker ends a turn by its own clock; Berth ends it from here only if the worker cannot. */
const LIMIT_MARGIN_MS = 30_000
/** Room for the worker's own frames, and for the fields of events beside their text. */
const LOG_MARGIN_BYTES = 256 * 1024

/**
 * Notices that the folder mounted into the container is gone or replaced, so that nothing put there reaches the
 * container.
 */
const mountedFolder = (path: string) => {
  const inode = () => lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino
  const own = inode()
  return { isLost: (): boolean => own !== undefined && inode() !== own }
}

/**
 * The limits that hold even if the worker is stopped: the turn's time by our clock, the size of the container's log and
 * of what is written of it, the space left on the disk, and the way to the model. `logged` is called with the bytes of
 * log that came in, `written` with those that the journal has grown by.
 */
export const guardTurn = (input: {
  readonly plan: Plan
  readonly control: TurnControl
  /** By the journal, in ms; null: just now. */
  readonly startedAt: number | null
  readonly now: () => Date
}) => {
  const { plan, control } = input
  const { turnMs, turnOf, outputBytes } = plan.order.limits
  const stop = (by: 'limit' | 'host', reason: string) => void control.request({ by, reason })
  // A clock that was set back must not make the turn longer.
  const spent = input.startedAt === null ? 0 : Math.max(0, input.now().getTime() - input.startedAt)
  const left = turnMs + LIMIT_MARGIN_MS - spent
  const deadline = setTimeout(
    () => stop('limit', LIMIT_REASONS[turnOf === 'task' ? 'task-limit' : 'turn-limit']),
    Math.min(Math.max(0, left), LONGEST_TIMER_MS),
  )
  const way = plan.model === null || plan.isolation === 'host' ? null : mountedFolder(plan.folders.socket)
  const look = everyLook(async () => {
    if (way?.isLost())
      stop(
        'host',
        `somebody removed ${plan.folders.socket}, the task's way to its model: Berth stopped the turn and kept its work; \`berth resume ${plan.task}\` goes on`,
      )
    const free = await leastFree([plan.folders.task, plan.folders.workspace])
    if (free < DISK_FLOOR)
      stop(
        'host',
        `the disk is nearly full (${Math.round(free / 1024 / 1024)} MiB left): Berth stopped the turn and kept its work`,
      )
  })
  const most = 2 * outputBytes + LOG_MARGIN_BYTES
  let logged = 0
  let written = 0
  return {
    logged(count: number): void {
      logged += count
      if (logged > most) stop('limit', 'the container log is twice as large as --output-limit allows')
    },
    written(count: number): void {
      written += count
      if (written > most) stop('limit', 'the agent printed twice as much as --output-limit allows')
    },
    [Symbol.dispose](): void {
      clearTimeout(deadline)
      look[Symbol.dispose]()
    },
  }
}
