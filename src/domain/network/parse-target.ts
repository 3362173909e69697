import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'
import { didYouMean } from '../../std/suggest.ts'
import { classifyHost, isAddress, mayReach } from './address.ts'
import { GROUP_NAMES, type GroupName, groupRules, isForge, isGroup, knownHost } from './groups.ts'
import { parseHost } from './host-name.ts'
import { isMethod, METHODS, READS } from './methods.ts'
import type { NetworkRule } from './rule.ts'

const MOST_CHARACTERS = 2048
/** A segment of a rule's path: plain characters, or `*` alone. */
const SEGMENT = /^(?:\*|[A-Za-z0-9\-._~@%+:]*)$/
const PORT = /^[1-9]\d{0,4}$/

const MOST_SHOWN = 80
const shown = (text: string) => JSON.stringify(text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text)

type Place = { readonly host: string; readonly port: number | null }

type Words = {
  readonly methods: readonly string[]
  readonly paths: readonly string[]
  readonly flags: ReadonlySet<string>
}

const FLAGS: readonly string[] = ['private', 'inspect', 'tunnel', 'push']

const unknownGroup = (word: string): string =>
  `unknown group ${shown(word)}${didYouMean(word, GROUP_NAMES)}: the groups are ${GROUP_NAMES.join(', ')}; a host without a dot needs its port, like ${word.slice(0, MOST_SHOWN)}:443`

/** What is wrong with the word before it can be read as a host. */
const shapeProblem = (word: string): string | undefined => {
  if (word.includes('://')) return `${shown(word)} is a URL: write the host alone, like example.org or example.org:8443`
  if (word.includes('@')) return `${shown(word)} has a user: write the host alone`
  if (word.includes('/'))
    return `${shown(word)} has a path: write it as a word of its own, like "example.org GET /path/*"`
  if ((word.match(/:/g)?.length ?? 0) > 1 && !word.startsWith('['))
    return `${shown(word)}: write an IPv6 address in brackets, like [2001:db8::1]:443`
  return undefined
}

const parsePort = (word: string, port: string | undefined): Parsed<number | null> => {
  if (port === undefined) return parsed(null)
  if (PORT.test(port) && Number(port) <= 65535) return parsed(Number(port))
  return unparsed(`${shown(word)}: the port is not a number from 1 to 65535`)
}

const parsePattern = (word: string, host: string): Parsed<string> => {
  const name = host.startsWith('*.') ? host.slice(2) : host
  if (name.includes('*'))
    return unparsed(`${shown(word)}: a * stands for whole labels at the beginning, like *.example.org`)
  const canonical = parseHost(name)
  if (!canonical.ok || name === host) return canonical
  if (isAddress(canonical.value)) return unparsed(`${shown(word)}: an address has no *`)
  return parsed(`*.${canonical.value}`)
}

const parsePlace = (word: string): Parsed<Place> => {
  const problem = shapeProblem(word)
  if (problem !== undefined) return unparsed(problem)
  const [, bracketed, plain, text] = /^(?:(\[[^\]]*\])|([^:[\]]*))(?::(.*))?$/.exec(word) ?? []
  const name = bracketed ?? plain
  if (name === undefined || name === '') return unparsed(`${shown(word)} is not HOST or HOST:PORT`)
  const port = parsePort(word, text)
  if (!port.ok) return port
  const host = parsePattern(word, name)
  if (!host.ok) return host
  const isBareLabel = !/[.:]/.test(host.value) && port.value === null && host.value !== 'localhost'
  return isBareLabel ? unparsed(unknownGroup(word)) : parsed({ host: host.value, port: port.value })
}

const pathProblem = (path: string): string | undefined => {
  if (path.includes('?')) return `the path ${shown(path)} has a query: rules compare paths only`
  const segments = path.split('/').slice(1)
  if (segments.some((segment) => segment.includes('*') && segment !== '*'))
    return `the path ${shown(path)}: a * stands for a whole segment, like /acme/*`
  const isOdd = segments.some((segment, i) => !SEGMENT.test(segment) || (segment === '' && i < segments.length - 1))
  const hasStep = segments.some((segment) => segment === '.' || segment === '..')
  return isOdd || hasStep ? `${shown(path)} is not a path like /acme/app or /acme/*` : undefined
}

const parseWords = (words: readonly string[]): Parsed<Words> => {
  for (const word of words) {
    if (FLAGS.includes(word) || isMethod(word)) continue
    if (!word.startsWith('/')) {
      const known = `${FLAGS.join(', ')}, a method (${METHODS.join(', ')}) or a path (/acme/*)`
      return unparsed(`unknown word ${shown(word)}${didYouMean(word, FLAGS)}: write ${known}`)
    }
    const problem = pathProblem(word)
    if (problem !== undefined) return unparsed(problem)
  }
  return parsed({
    methods: words.filter(isMethod),
    paths: words.filter((word) => word.startsWith('/')),
    flags: new Set(words.filter((word) => FLAGS.includes(word))),
  })
}

/** Whose rule it is, and whether it opens or closes. */
type Kind = Pick<NetworkRule, 'effect' | 'origin'>

/** The words that a group takes: `private` where it allows, `push` where one of its hosts is a forge too. */
const groupWords = (name: GroupName, kind: Kind): readonly string[] => {
  if (kind.effect === 'deny') return []
  return groupRules(name, kind).some(({ host }) => isForge(host)) ? ['private', 'push'] : ['private']
}

const groupProblem = (name: GroupName, { methods, paths, flags }: Words, kind: Kind): string | undefined => {
  const known = groupWords(name, kind)
  if (methods.length + paths.length === 0 && [...flags].every((flag) => known.includes(flag))) return undefined
  return `the group ${name} takes no further word${known.length > 0 ? ` but ${known.join(' and ')}` : ''}: name a host instead`
}

const groupTarget = (name: GroupName, words: Words, kind: Kind): Parsed<readonly NetworkRule[]> => {
  const problem = groupProblem(name, words, kind)
  if (problem !== undefined) return unparsed(problem)
  const { flags } = words
  const target = [name, ...flags].join(' ')
  return parsed(
    groupRules(name, kind).map((rule) => ({
      ...rule,
      ...(flags.has('private') && { private: true as const }),
      ...(flags.has('push') && isForge(rule.host) && { push: true as const }),
      target,
    })),
  )
}

const writtenPlace = ({ host, port }: Place): string => {
  const name = host.includes(':') ? `[${host}]` : host
  return port === null ? name : `${name}:${port}`
}

/** Why no rule, or no rule without `private`, can open this host. */
const reachProblem = (place: Place, isPrivate: boolean): string | undefined => {
  const { host } = place
  const kind = classifyHost(host)
  if (!mayReach(kind, true)) return `${host} is a ${kind} address: no rule can allow it`
  if (mayReach(kind, isPrivate)) return undefined
  return `${host} is a ${kind} address: write "${writtenPlace(place)} private" to allow it`
}

const hostProblem = (place: Place, { methods, paths, flags }: Words, { effect }: Kind): string | undefined => {
  const { host } = place
  if (effect === 'deny')
    return flags.size === 0
      ? undefined
      : `a rule that denies takes methods and paths only, not ${[...flags].join(', ')}`
  const isRead = methods.length + paths.length > 0 || flags.has('inspect') || flags.has('push')
  if (flags.has('tunnel') && isRead)
    return 'a tunnel is not read: leave out tunnel, or inspect, push, methods and paths'
  if (flags.has('tunnel') && isForge(host))
    return `${host} is a forge, where anybody can store data: Berth reads each request to it, so it takes no tunnel`
  return reachProblem(place, flags.has('private'))
}

/** What the tables say of a host that the user named without methods. */
const defaultMethods = (host: string, flags: ReadonlySet<string>): readonly string[] | undefined => {
  if (isForge(host)) return READS
  return flags.has('tunnel') || flags.has('inspect') ? undefined : knownHost(host)?.methods
}

const hostTarget = (place: Place, words: Words, kind: Kind, target: string): Parsed<readonly NetworkRule[]> => {
  const problem = hostProblem(place, words, kind)
  if (problem !== undefined) return unparsed(problem)
  const { methods, paths, flags } = words
  const named = methods.length > 0 ? methods : kind.effect === 'allow' ? defaultMethods(place.host, flags) : undefined
  const isInspected =
    named !== undefined || paths.length > 0 || flags.has('inspect') || flags.has('push') || isForge(place.host)
  return parsed([
    {
      ...kind,
      ...place,
      tls: isInspected ? 'inspect' : 'tunnel',
      ...(named === undefined ? {} : { methods: named }),
      ...(paths.length === 0 ? {} : { paths }),
      ...(flags.has('private') ? { private: true as const } : {}),
      ...(flags.has('push') ? { push: true as const } : {}),
      target,
    },
  ])
}

/**
 * Reads a rule as users write it: a group, or `HOST[:PORT]` with any of `private`, `inspect`, `tunnel`, `push`, methods in
 * capitals and paths. A rule's `target` is its text with the host in canonical form.
 */
export const parseTarget = (
  text: string,
  origin: NetworkRule['origin'],
  effect: NetworkRule['effect'] = 'allow',
): Parsed<readonly NetworkRule[]> => {
  if (text.length > MOST_CHARACTERS) return unparsed(`a rule has at most ${MOST_CHARACTERS} characters`)
  const [first, ...others] = text.split(/[ \t]+/).filter((word) => word !== '')
  if (first === undefined) return unparsed('the rule is empty: write a group or HOST[:PORT]')
  const kind: Kind = { effect, origin }
  const rest = [...new Set(others)]
  const words = parseWords(rest)
  if (isGroup(first)) return words.ok ? groupTarget(first, words.value, kind) : words
  const place = parsePlace(first)
  if (!place.ok) return place
  if (!words.ok) return words
  return hostTarget(place.value, words.value, kind, [writtenPlace(place.value), ...rest].join(' '))
}
