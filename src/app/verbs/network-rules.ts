import type { RulesAnswer } from '../../api/answers.ts'
import { classifyHost, mayReach } from '../../domain/network/address.ts'
import { parseHost } from '../../domain/network/host-name.ts'
import type { NetworkRule } from '../../domain/network/rule.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { gatewayNetwork } from '../../launch/gateway-task.ts'
import type { Plan } from '../../plan/plan.ts'
import type { JournalReader } from '../../store/store.ts'
import { addedRules } from '../task/added-rules.ts'
import { lastPlan } from '../task/journal-plans.ts'

const DEFAULT_PORT: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** The model's own route, which no rule takes away. */
const modelRule = ({ model }: Plan): readonly NetworkRule[] => {
  if (model === null) return []
  const url = new URL(model.upstream)
  const host = parseHost(url.hostname)
  if (!host.ok) return []
  return [
    {
      effect: 'allow',
      host: host.value,
      port: url.port === '' ? (DEFAULT_PORT[url.protocol] ?? 443) : Number(url.port),
      tls: 'inspect',
      paths: [`${url.pathname.replace(/\/$/, '')}/*`],
      ...(mayReach(classifyHost(host.value), false) ? {} : { private: true as const }),
      target: model.upstream,
      origin: 'provider',
    },
  ]
}

/** What a task may reach, with the origin of each rule; the model first, then what denies. */
export const networkRules = (
  journal: JournalReader,
  { id, liveRules: live }: Pick<TaskRecord, 'id' | 'liveRules'>,
): RulesAnswer => {
  const plan = lastPlan({ journal })
  const rules = gatewayNetwork(plan, { added: addedRules({ journal }), live })?.rules ?? []
  const denies = rules.filter(({ effect }) => effect === 'deny')
  const allows = rules.filter(({ effect }) => effect === 'allow')
  const network = plan.isolation === 'host' ? 'host' : plan.container.network
  return { id, network, rules: [...modelRule(plan), ...denies, ...allows] }
}
