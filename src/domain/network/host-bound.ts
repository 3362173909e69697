import { isGroup } from './groups.ts'
import { parseTarget } from './parse-target.ts'
import type { NetworkRule } from './rule.ts'

const hostWithin = (bound: string, host: string): boolean =>
  bound.startsWith('*.') ? host.endsWith(bound.slice(1)) : bound === host

/** A group bounds its own rules, and a host without a port all its ports. */
const holds = (bound: NetworkRule, rule: Pick<NetworkRule, 'host' | 'port' | 'target'>): boolean => {
  if (isGroup(bound.target)) {
    if (rule.target.split(' ', 1)[0] === bound.target) return true
    if (bound.paths !== undefined) return false
  }
  return hostWithin(bound.host, rule.host) && (bound.port === null || bound.port === rule.port)
}

/** Reads an entry of `allowed-hosts`: a group or HOST[:PORT], also with a private address. */
export const parseBound = (text: string) => {
  const read = parseTarget(text, 'configuration', 'deny')
  if (!read.ok) return read
  const isPlain = read.value.every(({ methods, target }) => methods === undefined && !/[ \t]/.test(target))
  return isPlain ? read : { ok: false as const, error: `"${text.slice(0, 80)}": write a group or HOST[:PORT] alone` }
}

/** The first rule that reaches beyond the hosts that tasks may have; undefined where there is none. */
export const beyondBound = <R extends Pick<NetworkRule, 'host' | 'port' | 'target'>>(
  bounds: readonly string[],
  rules: readonly R[],
): R | undefined => {
  const read = bounds.flatMap((text) => {
    const bound = parseBound(text)
    return bound.ok ? bound.value : []
  })
  return rules.find((rule) => !read.some((bound) => holds(bound, rule)))
}
