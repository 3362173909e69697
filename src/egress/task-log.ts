import type { Usage } from '../domain/usage.ts'
import type { GatewayLine } from './egress.ts'
import type { VerdictLine } from './route.ts'
import { type Rate, type TokenBucket, tokenBucket } from './token-bucket.ts'

/** Lines of one kind that are written as they are; beyond that they are counted. */
const REFUSED: Rate = { burst: 50, perSecond: 1 / 60 }
const PASSED: Rate = { burst: 1000, perSecond: 1 }
const VERDICTS: Rate = { burst: 20, perSecond: 1 / 60 }
const COUNT_MS = 30_000
/** A message has a path and an upstream's own words in it, of 500 characters each. */
const LONGEST = 2000

type Line = Omit<GatewayLine, 'n' | 'at' | 'task'>
export type RequestLine = Omit<Line, 'kind' | 'class' | 'fatal' | 'retryAt' | 'count'>
/** `model`: of the tokens that are counted together, where they are all of one. */
type Kind = {
  readonly bucket: TokenBucket
  count: number
  last: Line | null
  usage: Usage | undefined
  model: string | undefined
}

export type TaskLog = {
  /** `refused`: the kind of reason, one of a few. */
  request(line: RequestLine, refused?: string): void
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
    const kind = { bucket: tokenBucket(rate, now), count: 0, last: null, usage: undefined, model: undefined }
    kinds.set(name, kind)
    return kind
  }
  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    for (const kind of kinds.values()) {
      const { count, last, usage, model } = kind
      if (last === null) continue
      const { model: _, ...words } = last
      const told = { ...(usage !== undefined && { usage }), ...(model !== undefined && { model }) }
      Object.assign(kind, { count: 0, last: null, usage: undefined, model: undefined })
      const message = `${count} more of this kind${last.message === undefined ? '' : `; the last: ${last.message}`}`
      write(clipped({ ...words, ...told, count, message }))
    }
  }
  const put = (name: string, rate: Rate, line: Line) => {
    const kind = kindOf(name, rate)
    if (kind.bucket.take()) return write(clipped(line))
    kind.count += 1
    kind.last = line
    if (line.usage !== undefined)
      kind.model = kind.usage === undefined || kind.model === line.model ? line.model : undefined
    kind.usage = sum(kind.usage, line.usage)
    timer ??= setTimeout(flush, COUNT_MS).unref()
  }
  return {
    request: (line, refused) => {
      const status = line.status ?? null
      const passed = status === null ? 'none' : `${Math.floor(status / 100)}xx`
      if (refused !== undefined) put(`refused ${refused}`, REFUSED, { kind: 'request', ...line })
      else put(`passed ${passed}`, PASSED, { kind: 'request', ...line })
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
