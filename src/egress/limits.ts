/** All waits of the gateway, in milliseconds, and its counts. Tests shorten them; nothing else does. */
export type Limits = {
  /** From the first try to the word that the model can't be reached. */
  readonly connectMs: number
  /** Failed tries to the same word. */
  readonly refusals: number
  /** How long the rest of an error's body is waited for. */
  readonly errorBodyMs: number
  /** The longest `retry-after` that is left to the CLI to wait for. */
  readonly retryAfterMs: number
  /** Without a task and a connection. */
  readonly idleMs: number
  /** For open requests at the end. */
  readonly drainMs: number
  /** For a connection that a caller asked of a sandbox. */
  readonly dialMs: number
  /** How long a request whose token was refused waits for another; a supervisor that died is back before. */
  readonly renewMs: number
  /** A token that was renewed so lately and is refused is not renewed again. */
  readonly freshMs: number
  /** The longest body of a request that is sent again, and of all of a task's at a time, in bytes. */
  readonly keptBodyBytes: number
  readonly keptBytes: number
}

export const LIMITS: Limits = {
  connectMs: 10_000,
  refusals: 3,
  errorBodyMs: 3000,
  retryAfterMs: 60_000,
  idleMs: 60_000,
  drainMs: 30_000,
  dialMs: 10_000,
  renewMs: 300_000,
  freshMs: 60_000,
  keptBodyBytes: 32 * 1024 * 1024,
  keptBytes: 64 * 1024 * 1024,
}
