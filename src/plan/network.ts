import { parseTarget } from '../domain/network/parse-target.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Plan } from './plan.ts'

type Asked = TaskRequest['allow'][number]

/** The settings have refused what cannot be read; a group that a later version renamed gives no rule. */
const rulesOf = (effect: NetworkRule['effect'], asked: readonly Asked[]): readonly NetworkRule[] =>
  asked.flatMap(({ target, origin }) => {
    const rules = parseTarget(target, origin, effect)
    return rules.ok ? rules.value : []
  })

/** What the task may reach beside its model. Null: no rule applies, because its network is not Berth's. */
export const planNetwork = (request: TaskRequest): NonNullable<Plan['network']> | null =>
  tierOf(request)?.network !== 'gateway'
    ? null
    : { rules: [...rulesOf('deny', request.deny), ...rulesOf('allow', request.allow)] }
