import type { EventBody } from '../../domain/event.ts'
import type { GatewayLine } from '../../egress/egress.ts'

type Denied = Extract<EventBody, { type: 'egress.denied' }>
type Line = GatewayLine & { readonly gateway: string }

/** An agent can name any number of hosts: those beyond are one. */
const MOST_HOSTS = 50
const OTHERS = ''

const others = {
  host: null,
  port: null,
  reason: `no rule of this task allows what it asks of further hosts (more than ${MOST_HOSTS})`,
  allow: null,
}

/** Without a host it was no request that can be read. */
const isDenial = ({ kind, verdict, host, port }: Line): boolean =>
  kind === 'net' && verdict === 'denied' && Boolean(host) && port !== undefined

const placeOf = ({ host, port }: Pick<Denied, 'host' | 'port'>): string => (host === null ? OTHERS : `${host}:${port}`)

/**
 * Counts what the gateway denied in a turn: an event for the first time that a host was denied, and one for its final count.
 * `journaled`: what an earlier supervisor has told of the turn; it is given the turn's lines from the first one all the same.
 * `expected`: HOST:PORT of one request each that the agent's CLI makes by itself and does without; it is not told.
 */
export const denialCounter = (turn: number, journaled: readonly Denied[], expected: readonly string[] = []) => {
  const awaited = new Set(expected)
  const told = new Map(journaled.map((event) => [placeOf(event), event.count]))
  const seen = new Map<string, Denied>()

  const isExpected = (place: string, count = 1): boolean => awaited.delete(place) && count === 1
  const wordsOf = ({ host = '', port = 0, message, allow = null }: Line) => ({
    host,
    port,
    reason: message ?? `no rule of this task allows ${host}:${port}`,
    allow,
  })
  const tell = (event: Denied): Denied => {
    told.set(placeOf(event), event.count)
    return event
  }
  return {
    /** The event for a line, where it is the first of its host. */
    take(line: Line): Denied | null {
      if (!isDenial(line)) return null
      const words = wordsOf(line)
      if (isExpected(placeOf(words), line.count)) return null
      const isKnown = seen.has(placeOf(words)) || seen.size < MOST_HOSTS
      const place = isKnown ? placeOf(words) : OTHERS
      const before = seen.get(place)
      const event: Denied = {
        type: 'egress.denied',
        turn,
        ...(before ?? (isKnown ? words : others)),
        count: (before?.count ?? 0) + (line.count ?? 1),
        gateway: line.gateway,
        line: line.n,
      }
      seen.set(place, event)
      return told.has(place) ? null : tell(event)
    },
    /** The events for all counts that have grown since they were told. */
    rest: (): readonly Denied[] =>
      [...seen.values()].filter((event) => event.count > (told.get(placeOf(event)) ?? 0)).map(tell),
  }
}
