export const QUICK_MS = 10_000
export const SLOW_MS = 60_000

/** One request to an engine. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  /** Without the version: /containers/json. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, as a tar. */
  readonly tar?: Buffer | AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** For the first word of the path where it is not the negotiated version: '' or /v4.0.0/libpod. */
  readonly prefix?: string
  readonly signal: AbortSignal | undefined
  /** Until the whole answer is there (of a stream: its head); null: no limit but the signal. */
  readonly limitMs: number | null
  /** What is tried, for messages: `create container berth-1`. */
  readonly doing: string
}
