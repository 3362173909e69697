import { type Parsed, parsed, unparsed } from '../std/parsed.ts'
import { urlParts, urlProblem } from './repository-url.ts'
import { hasPassword } from './shown-source.ts'

/** Which submodules a task gets, by the host that their URLs name. */
export const SUBMODULE_RULES = ['none', 'own-host', 'all'] as const

type Source = { readonly rule: 'own-host' | 'all'; readonly base: string | null }

const WEB_BASE = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(\/.*)$/i
const SCP_BASE = /^([^/]*:)(.*)$/
const ON_THIS_MACHINE = 'it names a folder of this machine'

/** The URL one folder up; undefined: it ends at its host. */
const parentOf = (url: string): string | undefined => {
  const [, host = '', path = ''] = WEB_BASE.exec(url) ?? []
  if (host !== '') return `${host}${path.slice(0, path.lastIndexOf('/'))}`
  if (url.includes('://')) return undefined
  const [, place = '', below = ''] = SCP_BASE.exec(url) ?? []
  if (below === '') return undefined
  return `${place}${below.slice(0, Math.max(0, below.lastIndexOf('/')))}`
}

/** As git takes it: each `../` is one folder up from the URL of the outer repository. */
const resolved = (base: string, url: string): string | undefined => {
  let at: string | undefined = base.replace(/\/+$/, '')
  let rest = url
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2)
    else if (rest.startsWith('../') && at !== undefined) {
      rest = rest.slice(3)
      at = parentOf(at)
    } else break
  }
  return at === undefined ? undefined : `${at}${at.endsWith(':') ? '' : '/'}${rest}`
}

/** Whether a URL names the host of another one, by a connection that is as safe. */
export const isOnHostOf = (url: string, base: string | null): boolean => {
  const [one, other] = [urlParts(url), base === null ? undefined : urlParts(base)]
  if (one === undefined || other === undefined) return false
  const hostOf = ({ host, port }: typeof one) => `${host.toLowerCase().replace(/\.$/, '')}:${port ?? ''}`
  // A plain connection only where the repository itself has one.
  return hostOf(one) === hostOf(other) && (one.transport !== 'http' || other.transport === 'http')
}

/**
 * The whole URL of a submodule, whose own one a repository says, and so perhaps a stranger. `base` is the outer
 * repository's, which relative ones count from; null: it is on no host.
 */
export const submoduleUrl = (url: string, { rule, base }: Source): Parsed<string> => {
  const isRelative = /^\.\.?(\/|$)/.test(url)
  if (isRelative && base === null) return unparsed(`its URL ${url} counts from that of a repository on a host`)
  const whole = isRelative && base !== null ? resolved(base, url) : url
  if (whole === undefined) return unparsed(`its URL ${url} leads above the host of the repository`)
  if (hasPassword(whole)) return unparsed('its URL holds a password')
  if (whole.startsWith('/')) return unparsed(ON_THIS_MACHINE)
  const problem = urlProblem(whole)
  if (typeof problem === 'string') return unparsed(problem)
  if (problem.transport === 'file') return unparsed(ON_THIS_MACHINE)
  if (rule === 'own-host' && !isOnHostOf(whole, base))
    return unparsed(`${whole} is not on the host of the repository; --submodules all takes it`)
  return parsed(whole)
}
