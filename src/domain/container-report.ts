/** What is known of a task's container: the engine's word of now, and what was written down. */
export type ContainerReport = {
  readonly task: string
  readonly name: string | null
  /** As the engine has it now; null: it has it no more, or was not asked. */
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
  /** One sample; null: it does not run, or its engine measures none. `cpuPercent` of one CPU. */
  readonly stats: {
    readonly memoryBytes: number
    readonly cpuNanos: number
    readonly cpuPercent: number | null
    readonly pids: number | null
  } | null
  /** Why the engine could not be asked. */
  readonly unreachable: string | null
  /** How the last container that ended has ended. */
  readonly ended: { readonly exitCode: number | null; readonly oom: boolean; readonly error: string | null } | null
  /** What the engine told of the task's containers, oldest first. */
  readonly events: readonly {
    readonly turn: number
    readonly at: string
    readonly action: string
    readonly container: string
    readonly exitCode: number | null
    readonly signal: string | null
  }[]
}
