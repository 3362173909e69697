/** Dot segments and backslashes, also percent-encoded: what an upstream might read as another path. */
const CLIMBS = /\\|%5c|(?:\/|%2f)(?:\.|%2e){1,2}(?:\/|%2f|\?|#|$)/i

/**
 * Whether a request's target lies at or below the upstream's base path. The base path is part of what the container
 * asks for (its base URL is loopback + that path), so it is forwarded as it comes: neither doubled nor lost.
 */
export const pathBelow = (base: string, target: string): boolean => {
  const prefix = base.replace(/\/+$/, '')
  if (!target.startsWith(`${prefix}/`) && target !== prefix && !target.startsWith(`${prefix}?`)) return false
  return !CLIMBS.test(target.split('?', 1)[0] ?? '')
}
