import type { GatewayModel } from './egress.ts'

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'])
/** Set by the gateway itself. `identity`, so that an error's text can be read as it passes; the length with the body's bounds. */
const OWN = new Set(['host', 'accept-encoding', 'content-length'])
/** Names, in any spelling, that some servers take for the target or the method in place of the request's first line. */
const STEERING =
  /^x[^a-z0-9]*(?:original|rewrite|override)[^a-z0-9]*ur[il]$|^x[^a-z0-9]*(?:http[^a-z0-9]*)?method[^a-z0-9]*override$|^x[^a-z0-9]*http[^a-z0-9]*method$/

/** How a key travels: its header, and the header's value with the key in it. */
export const AUTH = {
  'authorization-bearer': {
    name: 'authorization',
    read: (value: string) => /^bearer +(.*)$/i.exec(value)?.[1] ?? '',
    write: (key: string) => `Bearer ${key}`,
  },
  'x-api-key': { name: 'x-api-key', read: (value: string) => value, write: (key: string) => key },
  'x-goog-api-key': { name: 'x-goog-api-key', read: (value: string) => value, write: (key: string) => key },
} as const

const AUTH_NAMES: ReadonlySet<string> = new Set(Object.values(AUTH).map(({ name }) => name))

/** One spelling for all that some servers take for the same name. */
const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Name and value by turns, as node:http has them. */
type RawHeaders = readonly string[]

const pairs = function* (raw: RawHeaders): Generator<readonly [name: string, value: string, lower: string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string
    yield [name, raw[i + 1] as string, name.toLowerCase()]
  }
}

/** The headers that end at this hop: the usual ones, and those that a Connection header names. */
const hopNames = (raw: RawHeaders): ReadonlySet<string> => {
  const named = [...pairs(raw)]
    .filter(([, , lower]) => lower === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
  return named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())])
}

/**
 * Headers for the upstream with the real key in them; `refused` where the request does not carry the placeholder. Of the
 * names that the gateway sets, and of those that carry keys, the container's own are dropped.
 */
export const swapHeaders = (
  raw: RawHeaders,
  model: GatewayModel,
  host: string,
): { readonly headers: string[] } | { readonly refused: string } => {
  const auth = AUTH[model.header]
  const given = [...pairs(raw)].filter(([, , lower]) => lower === auth.name)
  const carries = given.length === 1 && auth.read(given[0]?.[1] ?? '') === model.placeholder
  if (!carries && (model.guarded === true || model.key !== null || given.length > 0)) {
    return { refused: `the header ${auth.name} does not carry this task's placeholder, so the gateway sets no key` }
  }
  const hop = hopNames(raw)
  const own = model.headers === undefined ? [] : Object.entries(model.headers)
  const replaced = own.map(([name]) => letters(name))
  const headers = ['Host', host, 'Accept-Encoding', 'identity']
  for (const [name, value, lower] of pairs(raw)) {
    if (AUTH_NAMES.has(lower) || OWN.has(lower) || hop.has(lower) || lower.startsWith('proxy-') || STEERING.test(lower))
      continue
    if (replaced.length > 0 && replaced.includes(letters(lower))) continue
    headers.push(name, value)
  }
  if (model.key !== null) headers.push(auth.name, auth.write(model.key))
  for (const [name, value] of own) headers.push(name, value)
  return { headers }
}

/** The headers of a proxied request that go to its target, less those that the gateway sets by itself. */
export const endToEnd = (raw: RawHeaders): string[] => {
  const hop = hopNames(raw)
  return [...pairs(raw)].flatMap(([name, value, lower]) =>
    lower === 'host' ||
    lower === 'content-length' ||
    hop.has(lower) ||
    lower.startsWith('proxy-') ||
    STEERING.test(lower)
      ? []
      : [name, value],
  )
}

/** The answer's headers as the container gets them; the key is not among them, whatever the upstream echoes. */
export const answerHeaders = (raw: RawHeaders, redact: (text: string) => string): string[] => {
  const hop = hopNames(raw)
  return [...pairs(raw)].flatMap(([name, value, lower]) =>
    hop.has(lower) || lower.startsWith('proxy-') ? [] : [name, redact(value)],
  )
}
