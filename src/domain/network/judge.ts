import { classifyHost, isAddress, mayReach } from './address.ts'
import { isGitFetch, isGitPush } from './git-request.ts'
import { GROUP_NAMES, groupRules, isForge } from './groups.ts'
import { isPlain, pathAllowed, pathDenied, withoutQuery } from './match-path.ts'
import { isMethod, READS } from './methods.ts'
import type { NetworkRule } from './rule.ts'

/** A connection or a request that somebody in a sandbox asks for. Method and path are known where it is not a tunnel. */
export type NetworkRequest = {
  /** Canonical, as `parseHost` gives it. */
  readonly host: string
  readonly port: number
  readonly method?: string
  /** The request's target with its query, from its first slash. */
  readonly path?: string
}

export type Judgement =
  | { readonly verdict: 'allowed'; readonly rule: NetworkRule; readonly tls: NetworkRule['tls'] }
  | {
      readonly verdict: 'denied'
      /** A sentence that names the host, for the agent, the audit and the live view. */
      readonly reason: string
      /** The target for `berth allow ID TARGET` that would let it pass; null where none does. */
      readonly allow: string | null
      /** The rule that denies it; absent where no rule allows it. */
      readonly rule?: NetworkRule
    }

const WEB_PORTS: readonly number[] = [80, 443]

/** `*.example.org` by whole labels; never an address. */
const hostMatches = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? !isAddress(host) && host.endsWith(pattern.slice(1)) : pattern === host

const reaches = (rule: NetworkRule, { host, port }: NetworkRequest): boolean =>
  hostMatches(rule.host, host) && (rule.port === null ? WEB_PORTS.includes(port) : rule.port === port)

const isLimited = (rule: NetworkRule) => rule.methods !== undefined || rule.paths !== undefined

/** What allows or denies GET does so for HEAD. */
const asRead = (method: string) => (method === 'HEAD' ? 'GET' : method)

/** Before method and path are known, a rule on them denies nothing: it is asked again for each request. */
const denies = (rule: NetworkRule, { method, path }: NetworkRequest): boolean => {
  if (!isLimited(rule)) return true
  if (method === undefined || path === undefined) return false
  const isMeant = rule.methods?.includes(asRead(method.toUpperCase())) ?? true
  return isMeant && (rule.paths?.some((one) => pathDenied(one, path)) ?? true)
}

/** A forge takes writes from anybody, so a rule that names no method lets only reads pass there. */
const methodsOf = (rule: NetworkRule, host: string): readonly string[] | undefined =>
  rule.methods ?? (isForge(host) ? READS : undefined)

const methodAllowed = (rule: NetworkRule, host: string, method: string, path: string): boolean => {
  const methods = methodsOf(rule, host)
  if (methods === undefined) return true
  // A fetch is a POST that only reads.
  return (
    methods.includes(method) || methods.includes(isForge(host) && isGitFetch(method, path) ? 'GET' : asRead(method))
  )
}

const allows = (rule: NetworkRule, { host, method, path }: NetworkRequest): boolean => {
  if (method === undefined || path === undefined) return true
  if (!(rule.paths?.some((one) => pathAllowed(one, path)) ?? true)) return false
  return isGitPush(path) ? rule.push === true : methodAllowed(rule, host, method, path)
}

const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)

const place = ({ host, port }: NetworkRequest) => `${bracketed(host)}:${port}`

/** A target's words for the place. The ports of the web go without saying, but for a name that could be a group's. */
const targetPlace = (request: NetworkRequest): string => {
  const { host, port } = request
  const isPlainHost = /[.:]/.test(host) || host === 'localhost'
  const written = WEB_PORTS.includes(port) && isPlainHost ? bracketed(host) : place(request)
  return mayReach(classifyHost(host), false) ? written : `${written} private`
}

/** The group whose rules would let it pass, if there is one. */
const groupFor = (request: NetworkRequest): string | undefined =>
  GROUP_NAMES.find((name) =>
    groupRules(name, { effect: 'allow', origin: 'live' }).some(
      (rule) =>
        reaches(rule, request) &&
        allows(rule, request) &&
        // Before the path is known, a rule on paths is no promise.
        (request.path !== undefined || rule.paths === undefined),
    ),
  )

/** What a shell and a reader take as it is; other paths are not repeated. */
const QUIET_PATH = /^(?!.{201})(?:\/[A-Za-z0-9_.@-]+)+$/

const unknownHost = (request: NetworkRequest): Judgement => {
  const kind = classifyHost(request.host)
  const reason = `no rule of this task allows ${place(request)}`
  if (!mayReach(kind, true))
    return { verdict: 'denied', reason: `${place(request)} is a ${kind} address: no rule can allow it`, allow: null }
  return { verdict: 'denied', reason, allow: groupFor(request) ?? targetPlace(request) }
}

/** A rule reaches the host, but none allows this method and path. */
const unknownRequest = (request: NetworkRequest): Judgement => {
  const { method = '', path = '' } = request
  const where = targetPlace(request)
  if (isGitPush(path))
    return {
      verdict: 'denied',
      reason: `no rule of this task allows a git push to ${place(request)}; Berth pushes the commits at the end of the turn`,
      allow: `${where} push`,
    }
  const target = withoutQuery(path)
  const shownPath = QUIET_PATH.test(target) && isPlain(target) ? ` ${target}` : ''
  if (!isMethod(method))
    return { verdict: 'denied', reason: `no rule of this task allows this method on ${place(request)}`, allow: null }
  return {
    verdict: 'denied',
    reason: `no rule of this task allows ${method}${shownPath} on ${place(request)}`,
    allow: `${where} ${method}${shownPath}`,
  }
}

/** The target for `berth allow` that takes a live deny back. */
export const takenBackBy = ({ host, target }: NetworkRule): string =>
  mayReach(classifyHost(host), false) ? target : `${target} private`

const byRule = (rule: NetworkRule, request: NetworkRequest): Judgement => ({
  verdict: 'denied',
  reason: `the rule "${rule.target}" (${rule.origin}) denies ${place(request)}`,
  // What somebody denied while the task runs can be allowed again; the other rules stand.
  allow: rule.origin === 'live' ? takenBackBy(rule) : null,
  rule,
})

/**
 * Decides on a connection (without method and path) or on one request of it. A deny that matches wins; then any allow that
 * matches. The connection is inspected if one of the rules that reach it says so, if a rule needs to see its requests, or
 * if the host is a forge.
 */
export const judge = (rules: readonly NetworkRule[], request: NetworkRequest): Judgement => {
  const reaching = rules.filter((rule) => reaches(rule, request))
  const denial = reaching.find((rule) => rule.effect === 'deny' && denies(rule, request))
  if (denial !== undefined) return byRule(denial, request)
  const allowing = reaching.filter((rule) => rule.effect === 'allow')
  if (allowing.length === 0) return unknownHost(request)
  const matching = allowing.filter((rule) => allows(rule, request))
  const isInspected =
    isForge(request.host) || allowing.some((rule) => rule.tls === 'inspect') || reaching.some(isLimited)
  const tls = isInspected ? 'inspect' : 'tunnel'
  const rule = matching.find((one) => one.private === true) ?? matching.find((one) => one.tls === tls) ?? matching[0]
  return rule === undefined ? unknownRequest(request) : { verdict: 'allowed', rule, tls }
}

/** True where a rule lets the host have a private address. */
export const isPrivateAllowed = (rules: readonly NetworkRule[], request: NetworkRequest): boolean =>
  rules.some((rule) => rule.effect === 'allow' && rule.private === true && reaches(rule, request))

/** True where connections that the rule reaches may be inspected. */
export const needsInspection = (rule: NetworkRule): boolean =>
  rule.tls === 'inspect' || isLimited(rule) || isForge(rule.host.replace(/^\*\./, ''))

/** True where a rule denies some requests on a connection that another one allows: they have to be read. */
export const isPartlyDenied = (rules: readonly NetworkRule[], request: NetworkRequest): boolean =>
  rules.some((rule) => rule.effect === 'deny' && isLimited(rule) && reaches(rule, request))
