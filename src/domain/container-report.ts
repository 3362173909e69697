/** What Berth knows of a task's container: from the engine now, and from the journal. */
export type ContainerReport = {
  readonly task: string
  readonly name: string | null
  /** The container as the engine reports it now; null if it is gone, or Berth did not ask. */
  readonly now: {
    readonly id: string
    readonly state: string
    readonly pid: number | null
    readonly image: string
    readonly startedAt: string | null
    readonly finishedAt: string | null
    readonly exitCode: number | null
    readonly oom: boolean
  } | null
  /** One sample; null if the container does not run, or the engine measures nothing. `cpuPercent` of one CPU. */
  readonly stats: {
    readonly memoryBytes: number
    readonly cpuNanos: number
    readonly cpuPercent: number | null
    readonly pids: number | null
  } | null
  /** Why Berth could not ask the engine. */
  readonly unreachable: string | null
  /** How the last ended container ended. */
  readonly ended: { readonly exitCode: number | null; readonly oom: boolean; readonly error: string | null } | null
  /** The engine's events of the task's containers, oldest first. */
  readonly events: readonly {
    readonly turn: number
    readonly at: string
    readonly action: string
    readonly container: string
    readonly exitCode: number | null
    readonly signal: string | null
  }[]
}
