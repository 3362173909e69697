import { realpathSync } from 'node:fs'
import type { SupervisorSettings } from '../../config/supervisor-settings.ts'
import { BerthError } from '../../domain/errors.ts'
import { beyondBound } from '../../domain/network/host-bound.ts'
import { parseHost } from '../../domain/network/host-name.ts'
import { parseTarget } from '../../domain/network/parse-target.ts'
import { holdsRepository, parseRepositoryPattern, repositoryPlace } from '../../domain/network/repository-pattern.ts'
import type { NetworkRule } from '../../domain/network/rule.ts'
import { tierOf } from '../../domain/policy.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { shownSource } from '../../domain/shown-source.ts'
import { parseSource } from '../../domain/source.ts'
import type { Facts } from '../../plan/facts.ts'

type Allowed = readonly string[] | null

const LOCAL_URL = /^file:\/\/(?:localhost)?(?=\/)/i

/** The real path of a folder, so that no link leads elsewhere. */
const realPlace = (repository: string): string | null => {
  const folder = repository.replace(LOCAL_URL, '')
  if (!folder.startsWith('/')) return repositoryPlace(repository)
  try {
    return repositoryPlace(realpathSync(folder))
  } catch {
    return null
  }
}

/** Throws for a repository, a URL or an absolute path, that `allowed-repositories` does not list; null: any is allowed. */
const refuseRepository = (allowed: Allowed, repository: string): void => {
  if (allowed === null) return
  const place = realPlace(repository)
  const patterns = allowed.flatMap((text) => {
    const pattern = parseRepositoryPattern(text)
    return pattern.ok ? [pattern.value] : []
  })
  if (place !== null && patterns.some((pattern) => holdsRepository(pattern, place))) return
  throw new BerthError(
    'repository-not-allowed',
    `--repo ${shownSource(repository)}: allowed-repositories does not list it; it lists ${allowed.join(', ') || 'nothing'}`,
  )
}

type Bounds = Pick<SupervisorSettings, 'allowedRepositories'>

/** Throws for a URL that may not be worked on, before anybody asks its host. */
export const refuseNamed = (
  bounds: Bounds,
  repo: string | undefined,
  names: { readonly home: string | undefined; readonly host: string },
): void => {
  if (bounds.allowedRepositories === null || repo === undefined) return
  const source = parseSource(repo, names)
  if (source.kind === 'url') refuseUrl(bounds, source.url)
}

/** Throws for a URL that may not be worked on. */
export const refuseUrl = ({ allowedRepositories }: Bounds, url: string): void =>
  refuseRepository(allowedRepositories, url)

/** Throws for the repository of a task, as its facts know it: a folder by its top. */
export const refuseSource = ({ allowedRepositories }: Bounds, source: Facts['source']): void => {
  if (source.kind !== 'none')
    refuseRepository(allowedRepositories, source.kind === 'clone' ? source.url : source.folder)
}

/** `hint`: where the error's own, which speaks of a rule, does not fit. */
const refuse = (what: string, allowed: readonly string[], hint?: string): never => {
  const message = `${what}; allowed-hosts lists ${allowed.join(', ') || 'nothing'}`
  throw new BerthError('host-not-allowed', message, hint === undefined ? {} : { hint })
}

const ORIGINS: Partial<Record<NetworkRule['origin'], string>> = {
  provider: "the agent's hosts",
  forge: '--git-credentials inside',
}

/** Throws for rules that reach beyond `allowed-hosts`; null: any host is allowed. */
export const refuseRules = (allowed: Allowed, rules: readonly NetworkRule[]): void => {
  const beyond = allowed === null ? undefined : beyondBound(allowed, rules)
  if (beyond === undefined || allowed === null) return
  const asked = ORIGINS[beyond.origin] ?? `--allow "${beyond.target}"`
  refuse(`${asked}: a task may not reach ${beyond.host}`, allowed)
}

/** The address of the model, where the user names one: the gateway would send to it whatever the agent writes. */
const refuseModel = (allowed: readonly string[], baseUrl: string): void => {
  const url = URL.parse(baseUrl)
  const host = parseHost(url?.hostname ?? '')
  if (url === null || !host.ok) return
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port)
  if (beyondBound(allowed, [{ host: host.value, port, target: baseUrl }]) === undefined) return
  const hint = 'Leave --base-url out, or add the host to allowed-hosts in the config file.'
  refuse(`--base-url ${baseUrl}: a task may not reach ${host.value}`, allowed, hint)
}

/** Throws for a request that would reach more than `allowed-hosts` lists. */
export const refuseHosts = (
  { allowedHosts }: Pick<SupervisorSettings, 'allowedHosts'>,
  request: Pick<TaskRequest, 'allow' | 'baseUrl' | 'command' | 'isolation' | 'policy'>,
): void => {
  if (allowedHosts === null) return
  const { policy, isolation, baseUrl } = request
  if (tierOf({ policy, isolation })?.network !== 'gateway') {
    const flag = isolation === 'host' ? '--isolation host' : `--policy ${policy}`
    const instead = isolation === 'host' ? 'Leave it out' : 'Use --policy sandboxed'
    const hint = `${instead}, and name with --allow what the task needs.`
    refuse(`${flag}: a task may not have a whole network`, allowedHosts, hint)
  }
  if (baseUrl !== undefined) refuseModel(allowedHosts, baseUrl)
  const needed = (request.command?.hosts ?? []).map((target) => ({ target, origin: 'provider' as const }))
  const rules = [...request.allow, ...needed].flatMap(({ target, origin }) => {
    const read = parseTarget(target, origin)
    return read.ok ? read.value : []
  })
  refuseRules(allowedHosts, rules)
}
