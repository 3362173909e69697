/** The characters of a path, RFC 3986; no backslash, bracket, control or 8-bit character. */
const PLAIN = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-f]{2})*$/i
/**
 * Encodings that have no use in a model's API: of dots, of percent signs (read twice by some), of backslashes, of control
 * and of 8-bit characters (overlong forms, dots of other alphabets).
 */
const ODD_ENCODING = /%(?:2e|25|5c|[01]|7f|[89a-f])/i
/** A decoded segment that a server may take for none or a step up: empty or of dots, with blanks or parameters around. */
const STEP = /^[.\s+]*(?:[;?#].*)?$/

const decoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/**
 * Null where a request's target lies at or below the upstream's base path, also for an upstream that reads paths leniently;
 * what is wrong with it otherwise. The base path is part of what the container asks for (its base URL is loopback + that
 * path), so it is forwarded as it comes: neither doubled nor lost.
 */
export const pathBelow = (base: string, target: string): string | null => {
  const prefix = base.replace(/\/+$/, '')
  const outside = `is not below ${base}, where the model is`
  const path = target.split('?', 1)[0] ?? ''
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return outside
  const rest = path.slice(prefix.length)
  const readable =
    PLAIN.test(rest) && !ODD_ENCODING.test(rest) && /^[\x21-\x7e]*$/.test(target) && !target.includes('#')
  const segments = decoded(rest).split('/').slice(1)
  // A slash at the end is none.
  const inner = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  if (readable && !inner.some((segment) => STEP.test(segment))) return null
  return `can be read as one that ${outside}`
}
