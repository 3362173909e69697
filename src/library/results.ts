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
 * A port of this machine that leads into a task's sandbox.
 *
 * @example
 * ```ts
 * await using b = await berth()
 * const task = await b.task('t-01k3')
 * await using forwarded: ForwardedPort = await task.forward(3000)
 * console.log(await (await fetch(forwarded.url)).text())
 * ```
 */
export type ForwardedPort = AsyncDisposable & {
  /** The loopback's address: nobody else can connect. */
  readonly address: string
  readonly hostPort: number
  /** `http://` with both. */
  readonly url: string
  /** Takes no further connections, and resets those that are open. */
  close(): Promise<void>
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
