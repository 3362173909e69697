import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'
import { urlParts } from '../repository-url.ts'
import { isAddress } from './address.ts'
import { parseHost } from './host-name.ts'
import { segmentsMatch } from './match-path.ts'

const MOST_SHOWN = 80
const shown = (text: string) => JSON.stringify(text.slice(0, MOST_SHOWN))

const DEFAULT_PORT: Readonly<Record<string, number>> = { https: 443, http: 80, ssh: 22 }

/** Segments that every server and every file system reads in the same way; undefined where one is not. */
const plainSegments = (path: string): readonly string[] | undefined => {
  const segments = path.split('/').filter((segment) => segment !== '')
  const isOdd = (segment: string) => segment === '.' || segment === '..' || /[%\\\s*]/.test(segment)
  return segments.some(isOdd) ? undefined : segments
}

const withoutGit = (segments: readonly string[]): readonly string[] => {
  const last = segments.at(-1)
  if (last === '.git') return segments.slice(0, -1)
  return last === undefined ? [] : [...segments.slice(0, -1), last.replace(/\.git$/, '')]
}

/**
 * Where a repository lies, in one spelling: `host/owner/name` for a URL of any transport (without user, `.git` and usual
 * port), or the absolute path of a folder. Null for one that no pattern can name: with an encoded character, or a folder
 * of no absolute path.
 */
export const repositoryPlace = (repository: string): string | null => {
  if (repository.startsWith('/')) {
    const segments = plainSegments(repository)
    return segments === undefined ? null : `/${segments.join('/')}`
  }
  const parts = urlParts(repository)
  if (parts === undefined) return null
  const segments = plainSegments(parts.path)
  if (segments === undefined) return null
  if (parts.transport === 'file') return `/${segments.join('/')}`
  const host = parseHost(parts.host)
  const names = withoutGit(segments)
  // Without its end, `...git` would be a step up.
  if (!host.ok || names.length === 0 || plainSegments(names.join('/')) === undefined) return null
  const port =
    parts.port === undefined || Number(parts.port) === DEFAULT_PORT[parts.transport] ? '' : `:${Number(parts.port)}`
  return `${host.value.includes(':') ? `[${host.value}]` : host.value}${port}/${names.join('/')}`
}

const patternHost = (text: string): Parsed<string> => {
  const name = text.startsWith('*.') ? text.slice(2) : text
  const host = parseHost(name)
  if (!host.ok) return host
  const written = host.value.includes(':') ? `[${host.value}]` : host.value
  if (name === text) return parsed(written)
  return isAddress(host.value) ? unparsed('an address has no *') : parsed(`*.${written}`)
}

const patternSegments = (path: string): readonly string[] | undefined => {
  const segments = path.split('/').filter((segment) => segment !== '')
  return plainSegments(segments.filter((segment) => segment !== '*').join('/')) === undefined ? undefined : segments
}

const EXPECTED = 'write HOST/OWNER/NAME, HOST/OWNER/*, HOST, or an absolute path'

/**
 * Reads a pattern of `allowed-repositories`: `github.com/acme/*`, `*.corp.example/team/app`, `git.example:8443`,
 * `/srv/repositories/*`. A `*` stands for one whole segment, at the end for all that is below.
 */
export const parseRepositoryPattern = (text: string): Parsed<string> => {
  const wrong = (why: string) => unparsed(`${shown(text)}: ${why}`)
  if (/:\/\/|@/.test(text)) return wrong(`a pattern has no scheme and no user: ${EXPECTED}`)
  if (text.startsWith('/')) {
    const segments = patternSegments(text)
    return segments === undefined ? wrong(EXPECTED) : parsed(`/${segments.join('/')}`)
  }
  const [, name = '', port, path = ''] = /^(\[[^\]]*\]|[^/:[\]]+)(?::([1-9]\d{0,4}))?(\/.*)?$/.exec(text) ?? []
  if (name === '' || Number(port ?? 1) > 65535) return wrong(EXPECTED)
  const host = patternHost(name)
  if (!host.ok) return wrong(host.error)
  const segments = patternSegments(path)
  if (segments === undefined) return wrong(EXPECTED)
  const names = segments.length === 0 ? ['*'] : withoutGit(segments)
  return parsed(`${host.value}${port === undefined ? '' : `:${port}`}/${names.join('/')}`)
}

const hostFits = (pattern: string, host: string): boolean => {
  if (!pattern.startsWith('*.')) return pattern === host
  const [name = ''] = host.split(':')
  const [suffix = '', port] = pattern.slice(1).split(':')
  return name.endsWith(suffix) && host === `${name}${port === undefined ? '' : `:${port}`}`
}

/** True where a pattern, as `parseRepositoryPattern` gives it, holds a place, as `repositoryPlace` gives it. */
export const holdsRepository = (pattern: string, place: string): boolean => {
  const [host = '', ...path] = pattern.split('/')
  const [its = '', ...names] = place.split('/')
  return hostFits(host, its) && segmentsMatch(path, names)
}
