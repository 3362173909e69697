import type { AuditEntry } from '../../domain/network/audit-entry.ts'
import type { GatewayLine } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'

type Line = GatewayLine & { readonly gateway: string }
type Place = { readonly gateway: string; readonly line: number }

export type AuditAsked = {
  /** Goes on until the task is over. */
  readonly follow: boolean
  /** Only what was denied. */
  readonly denied: boolean
  /** The id of the last entry that the reader has. */
  readonly after: string | null
}

const ID = /^([A-Za-z0-9-]+):(\d+)$/

const placeOf = (id: string | null): Place | null => {
  const [, gateway, line] = ID.exec(id ?? '') ?? []
  return gateway === undefined ? null : { gateway, line: Number(line) }
}

/** Null for a line that tells of no request. */
const entryOf = (line: Line): AuditEntry | null => {
  const { kind, at, host, port, method, path, rule = null, status = null, bytesIn = null, bytesOut = null } = line
  if (kind === 'verdict') return null
  const { verdict = 'allowed', ms = null, message, count } = line
  return {
    at,
    // A request that cannot be read names none.
    host: host || null,
    port: port || null,
    method: method || null,
    path: path || null,
    verdict,
    rule,
    status,
    bytesIn,
    bytesOut,
    ms,
    ...(message !== undefined && { reason: message }),
    ...(count !== undefined && { count }),
  }
}

/** Aborted when the task is over and its gateway has written its last line, or with the reader. */
const untilOver = (tasks: Pick<Tasks, 'live' | 'onChange'>, id: string, follow: boolean, signal: AbortSignal) => {
  const over = new AbortController()
  const look = () => {
    if (!follow || tasks.live(id) === undefined) over.abort()
  }
  const off = tasks.onChange(look)
  look()
  return { signal: AbortSignal.any([over.signal, signal]), [Symbol.dispose]: off }
}

/**
 * What a task asked of its network and of its model, as lines of JSON, over all gateways that it had. Each entry has an id
 * besides, behind which a reader can go on. However long the audit is, a block of it is in memory.
 */
export async function* taskAudit(input: {
  readonly deps: Pick<Deps, 'egress'>
  readonly tasks: Pick<Tasks, 'live' | 'onChange'>
  readonly id: string
  readonly asked: AuditAsked
  readonly signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const { deps, tasks, id, asked, signal } = input
  await deps.egress.flush(id)
  using over = untilOver(tasks, id, asked.follow, signal)
  for await (const line of deps.egress.lines(id, placeOf(asked.after), over.signal)) {
    if (signal.aborted) return
    const entry = entryOf(line)
    if (entry === null || (asked.denied && entry.verdict !== 'denied')) continue
    yield Buffer.from(`${JSON.stringify({ id: `${line.gateway}:${line.n}`, ...entry })}\n`)
  }
}
