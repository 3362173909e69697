import { fullyDecoded } from './git-request.ts'

/** The characters of a path, RFC 3986: no backslash, no control and no 8-bit character. */
const PLAIN = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-f]{2})*$/i
/** Encodings that servers read in different ways: of dots, percent signs, backslashes, control and 8-bit characters. */
const ODD_ENCODING = /%(?:2e|25|5c|[01]|7f|[89a-f])/i
/** A decoded segment that a server may take for none or a step up. */
const STEP = /^[.\s+]*(?:[;?#].*)?$/

export const withoutQuery = (target: string) => target.split('?', 1)[0] ?? ''

/** True where every server reads the path in the same way: no dots, no doubled slash, no odd encoding. */
export const isPlain = (path: string): boolean => {
  if (!PLAIN.test(path) || ODD_ENCODING.test(path)) return false
  const segments = fullyDecoded(path).split('/').slice(1)
  const inner = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  return !inner.some((segment) => STEP.test(segment))
}

/** A pattern's `*` stands for one segment, at its end for all that is below. */
export const segmentsMatch = (pattern: readonly string[], path: readonly string[]): boolean => {
  const isOpen = pattern.at(-1) === '*'
  const fixed = isOpen ? pattern.slice(0, -1) : pattern
  if (isOpen ? path.length <= fixed.length : path.length !== fixed.length) return false
  return fixed.every((segment, i) => segment === '*' || segment === path[i])
}

/** True where a rule's path allows a request's target. A path that can be read in two ways matches none but `/*`. */
export const pathAllowed = (pattern: string, target: string): boolean => {
  if (pattern === '/*') return true
  const path = withoutQuery(target)
  return isPlain(path) && segmentsMatch(pattern.split('/'), path.split('/'))
}

/** True where a rule's path forbids a request's target: in any case of letters, and whatever can be read in two ways. */
export const pathDenied = (pattern: string, target: string): boolean => {
  const path = withoutQuery(target)
  if (!isPlain(path)) return true
  const lower = fullyDecoded(path).toLowerCase()
  const wanted = pattern.toLowerCase().split('/')
  // With and without a slash at the end.
  return [lower, lower.replace(/\/$/, ''), `${lower}/`].some((one) => segmentsMatch(wanted, one.split('/')))
}
