import type { ModelUsage, Usage } from '../domain/usage.ts'

/**
 * The usage of one task.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const task = await b.task('t-01k3')
 * const { reported, cost }: TaskUsage = await task.usage()
 * console.log(reported.outputTokens, cost ?? 'without a price')
 * ```
 */
export type TaskUsage = {
  /** As the agent reported it. */
  readonly reported: Usage
  /** As the gateway counted it; null where it has counted nothing. */
  readonly counted: Usage | null
  /** The gateway's count by model. */
  readonly models: readonly ModelUsage[]
  /** Dollars by the price table, else by the agent CLI's own count; null if neither knows. */
  readonly cost: number | null
}

/**
 * What a cleanup removed, and which tasks it kept because their work exists nowhere else.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const report: CleanupReport = await b.cleanup({ labels: { batch: '7' } })
 * for (const { id, why } of report.kept) console.log(id, why)
 * ```
 */
export type CleanupReport = {
  readonly dryRun: boolean
  readonly pruned: readonly {
    readonly kind: 'container' | 'trash' | 'log' | 'tree' | 'mirror' | 'workspace' | 'archive'
    readonly id: string
    readonly bytes: number
  }[]
  readonly kept: readonly { readonly id: string; readonly why: string }[]
  /** What was freed. */
  readonly bytes: number
}
