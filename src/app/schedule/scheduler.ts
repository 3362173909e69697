import type { Deps } from '../deps.ts'
import type { Registry } from './registry.ts'
import type { TaskLock } from './task-lock.ts'
import type { TurnQueue } from './turn-queue.ts'
import type { WarmContainers } from './warm-containers.ts'

/** What the tasks under way share. */
export type Scheduler = {
  readonly deps: Pick<
    Deps,
    | 'clock'
    | 'config'
    | 'egress'
    | 'engines'
    | 'forges'
    | 'git'
    | 'installation'
    | 'log'
    | 'logins'
    | 'store'
    | 'terminals'
    | 'tokens'
  >
  readonly registry: Registry
  readonly queue: TurnQueue
  /** Runs a closure alone on a task. */
  readonly alone: TaskLock['alone']
  readonly warm: WarmContainers
  /** The supervisor shuts down. */
  readonly shutdown: AbortSignal
}
