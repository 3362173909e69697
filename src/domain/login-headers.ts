const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/
const VALUE = /^[\x20-\x7e]{0,4096}$/
/** The gateway's own: how the token travels, to whom, and where a body ends. */
const OWN: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'x-goog-api-key',
  'proxy-authorization',
  'host',
  'accept-encoding',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'keep-alive',
])

/** Headers that requests of a login get beside those of its service; a sentence says what is wrong with one. */
export const loginHeaderProblem = (headers: Readonly<Record<string, string>>): string | undefined => {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) return `"${name.slice(0, 80)}" is not the name of a header`
    if (OWN.has(name.toLowerCase())) return `the gateway itself sets the header ${name}`
    if (!VALUE.test(value)) return `the value of the header ${name} has characters that no header has`
  }
  return undefined
}
