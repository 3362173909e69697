/**
 * A connection or a request of a task, as `berth net` shows it. Fields that Berth does not know are null: the path in a
 * tunnel, say.
 *
 * @example
 * ```ts
 * const wasDenied = ({ verdict }: AuditEntry) => verdict === 'denied'
 * ```
 */
export type AuditEntry = {
  /** When it was over, ISO 8601. */
  readonly at: string
  readonly host: string | null
  readonly port: number | null
  readonly method: string | null
  /** Without its query. */
  readonly path: string | null
  readonly verdict: 'allowed' | 'denied'
  /** The rule that decided, as it was written; for the model, its URL. */
  readonly rule: string | null
  /** The status of the answer; for a tunnel, that of CONNECT. */
  readonly status: number | null
  /** Bytes that came to the task. */
  readonly bytesIn: number | null
  /** Bytes that the task sent. */
  readonly bytesOut: number | null
  readonly ms: number | null
  /** Why it was denied, or did not come to its end. */
  readonly reason?: string
  /** The entry stands for so many of its kind, with the words of the last one. Absent: for one. */
  readonly count?: number
}
