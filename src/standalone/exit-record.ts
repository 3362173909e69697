import type { AgentErrorClass } from '../domain/event.ts'
import type { FailedStep } from './exit-codes.ts'

/** How a run ended; `stopped`: by a signal. */
export type RunClass = 'done' | 'stopped' | 'interrupted' | 'push' | AgentErrorClass | FailedStep

/** The content of exit.json; schema/standalone-exit.schema.json describes it. */
export type ExitRecord = {
  readonly exitCode: number
  readonly class: RunClass
  /** One sentence. */
  readonly reason: string
  readonly run: string
  /** ISO 8601 in UTC. */
  readonly startedAt: string
  readonly endedAt: string
  /** Null: it was not placed. `url`: without user and password; null for a mounted tree. `sha`: what the work began with. */
  readonly repository: {
    readonly url: string | null
    readonly folder: string
    readonly ref: string | null
    readonly sha: string | null
    /** The commit at the end. */
    readonly head: string | null
  } | null
  readonly provider: string | null
  readonly mode: string | null
  /** The remote's branch that got the work. */
  readonly pushed: { readonly branch: string; readonly sha: string } | null
  /** Paths in the container. */
  readonly outputs: { readonly folder: string; readonly log: string; readonly summary: string }
}
