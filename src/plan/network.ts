import { judge } from '../domain/network/judge.ts'
import { parseTarget } from '../domain/network/parse-target.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Provider } from '../providers/provider.ts'
import type { Facts } from './facts.ts'
import type { Plan } from './plan.ts'
import { projectWarnings, unenforcedDenies } from './project-warnings.ts'

type Asked = { readonly target: string; readonly origin: NetworkRule['origin'] }

/** The settings have refused what cannot be read; a group that a later version renamed gives no rule. */
const rulesOf = (effect: NetworkRule['effect'], asked: readonly Asked[]): readonly NetworkRule[] =>
  asked.flatMap(({ target, origin }) => {
    const rules = parseTarget(target, origin, effect)
    return rules.ok ? rules.value : []
  })

/** The rules that a repository's own file makes. */
export const projectRules = (deny: readonly string[]): readonly NetworkRule[] =>
  rulesOf(
    'deny',
    deny.map((target) => ({ target, origin: 'project' })),
  )

/** What the task may reach beside its model. Null: no rule applies, because its network is not Berth's. */
export const planNetwork = (
  request: TaskRequest,
  { project, forgeInside }: Facts,
  { hosts = [] }: Pick<Provider, 'hosts'>,
): NonNullable<Plan['network']> | null =>
  tierOf(request)?.network !== 'gateway'
    ? null
    : {
        rules: [
          ...rulesOf('deny', request.deny),
          ...projectRules(project?.deny ?? []),
          ...rulesOf(
            'allow',
            hosts.map((target) => ({ target, origin: 'provider' })),
          ),
          ...rulesOf(
            'allow',
            (forgeInside?.targets ?? []).map((target) => ({ target, origin: 'forge' })),
          ),
          ...rulesOf('allow', request.allow),
        ],
        ...(project === undefined ? { unread: true } : {}),
      }

const NEEDED: Partial<Record<NetworkRule['origin'], string>> = {
  provider: 'beside its model',
  forge: 'for --git-credentials inside',
}

/** Hosts that the agent needs, and that a rule takes away again. */
const missedHosts = (rules: readonly NetworkRule[]): readonly string[] =>
  rules.flatMap((rule) => {
    const why = NEEDED[rule.origin]
    if (why === undefined || rule.effect !== 'allow') return []
    const judged = judge(rules, { host: rule.host, port: rule.port ?? 443 })
    if (judged.verdict === 'allowed') return []
    return [`the agent needs ${rule.host} ${why}, and the rule "${judged.rule?.target ?? ''}" denies it`]
  })

/** What is said of the rules, and once of a repository's wishes: a later turn has no lock files among its facts. */
export const networkWarnings = (network: Plan['network'], { project }: Facts): readonly string[] => {
  const missed = network == null ? [] : missedHosts(network.rules)
  if (project === undefined) return missed
  return [...missed, ...(network == null ? unenforcedDenies(project) : projectWarnings(project, network.rules))]
}
