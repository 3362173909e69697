import type { Usage } from '../domain/usage.ts'
import type { GatewayLine } from './egress.ts'
import type { VerdictLine } from './route.ts'
import { type Rate, type TokenBucket, tokenBucket } from './token-bucket.ts'

/** Lines of one kind that are written as they are; beyond that they are counted. */
const REFUSED: Rate = { burst: 50, perSecond: 1 / 60 }
const PASSED: Rate = { burst: 1000, perSecond: 1 }
/** By the proxy: of all that passes, and of each host that is denied. */
const NET_PASSED: Rate = { burst: 5000, perSecond: 2 }
const NET_DENIED: Rate = { burst: 5, perSecond: 1 / 60 }
/** Hosts whose denials are counted apart; an agent can name any number. */
const MOST_HOSTS = 100
const VERDICTS: Rate = { burst: 20, perSecond: 1 / 60 }
const COUNT_MS = 30_000
/** A message has a path and an upstream's own words in it, of 500 characters each. */
const LONGEST = 2000

type Line = Omit<GatewayLine, 'n' | 'at' | 'task'>
export type RequestLine = Omit<Line, 'kind' | 'class' | 'fatal' | 'retryAt' | 'count'>
/** A connection or a request by the proxy, when it is over or denied. */
export type NetLine = Pick<
  GatewayLine,
  'host' | 'port' | 'method' | 'path' | 'rule' | 'allow' | 'status' | 'ms' | 'bytesIn' | 'bytesOut' | 'message'
> & { readonly verdict: 'allowed' | 'denied' }
/** `model`: of the tokens that are counted together, where they are all of one. */
type Kind = {
  readonly bucket: TokenBucket
  bytesIn: number
  bytesOut: number
  count: number
  last: Line | null
  usage: Usage | undefined
  model: string | undefined
}

const NOTHING = { bytesIn: 0, bytesOut: 0, count: 0, last: null, usage: undefined, model: undefined }

export type TaskLog = {
  /** `refused`: the kind of reason, one of a few. */
  request(line: RequestLine, refused?: string): void
  net(line: NetLine): void
  /** On record when it returns, but for repetitions of one that is. */
  verdict(line: VerdictLine): void
  /** Writes what is counted. */
  flush(): void
}

const clipped = (line: Line): Line =>
  line.message === undefined || line.message.length <= LONGEST
    ? line
    : { ...line, message: line.message.slice(0, LONGEST) }

const sum = (a: Usage | undefined, b: Usage | undefined): Usage | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : {
        inputTokens: a.inputTokens + b.inputTokens,
        cachedTokens: a.cachedTokens + b.cachedTokens,
        outputTokens: a.outputTokens + b.outputTokens,
        reasoningTokens: a.reasoningTokens + b.reasoningTokens,
      }

/**
 * The log of one task, bounded whatever its agent does: the first lines of each kind as they are, then one line for all of a
 * kind in half a minute, with their number, their tokens and the last one's words. The first verdict that ends the turn
 * is always written.
 */
export const taskLog = (write: (line: Line) => void, now?: () => number): TaskLog => {
  const kinds = new Map<string, Kind>()
  const fatal = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  const kindOf = (name: string, rate: Rate): Kind => {
    const known = kinds.get(name)
    if (known !== undefined) return known
    const kind = { bucket: tokenBucket(rate, now), ...NOTHING }
    kinds.set(name, kind)
    return kind
  }
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    for (const kind of kinds.values()) {
      const { count, last, usage, model, bytesIn, bytesOut } = kind
      if (last === null) continue
      const { model: _, ...words } = last
      const told = {
        ...(usage !== undefined && { usage }),
        ...(model !== undefined && { model }),
        ...(last.bytesIn !== undefined && { bytesIn, bytesOut }),
      }
      Object.assign(kind, NOTHING)
      const message = `${count} more of this kind${last.message === undefined ? '' : `; the last: ${last.message}`}`
      write(clipped({ ...words, ...told, count, message }))
    }
  }
  const put = (name: string, rate: Rate, line: Line) => {
    const kind = kindOf(name, rate)
    if (kind.bucket.take()) return write(clipped(line))
    kind.count += 1
    kind.last = line
    kind.bytesIn += line.bytesIn ?? 0
    kind.bytesOut += line.bytesOut ?? 0
    if (line.usage !== undefined)
      kind.model = kind.usage === undefined || kind.model === line.model ? line.model : undefined
    kind.usage = sum(kind.usage, line.usage)
    timer ??= setTimeout(flush, COUNT_MS).unref()
  }
  return {
    request: (line, refused) => {
      const status = line.status ?? null
      const passed = status === null ? 'none' : `${Math.floor(status / 100)}xx`
      if (refused !== undefined) put(`refused ${refused}`, REFUSED, { kind: 'request', verdict: 'denied', ...line })
      else put(`passed ${passed}`, PASSED, { kind: 'request', verdict: 'allowed', ...line })
    },
    net: (line) => {
      if (line.verdict === 'allowed') return put('net allowed', NET_PASSED, { kind: 'net', ...line })
      const host = `net denied ${line.host}:${line.port}`
      const name = kinds.has(host) || kinds.size < MOST_HOSTS ? host : 'net denied'
      put(name, NET_DENIED, { kind: 'net', ...line })
    },
    verdict: (line) => {
      const name = `verdict ${line.class} ${line.fatal}`
      if (line.fatal !== true || fatal.has(name)) return put(name, VERDICTS, { kind: 'verdict', ...line })
      fatal.add(name)
      write(clipped({ kind: 'verdict', ...line }))
    },
    flush,
  }
}
