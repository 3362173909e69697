import { BerthError } from '../../domain/errors.ts'
import { takenBackBy } from '../../domain/network/judge.ts'
import { addLiveRule, type LiveRule, standsAlready, stillDenied } from '../../domain/network/live-rules.ts'
import { parseTarget } from '../../domain/network/parse-target.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import type { GatewayTask } from '../../egress/egress.ts'
import { gatewayNetwork } from '../../launch/gateway-task.ts'
import type { Plan } from '../../plan/plan.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { shellWord } from '../../std/shell-word.ts'
import type { Deps } from '../deps.ts'
import { refuseRules } from '../planning/allowed-places.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { rulesSince } from '../task/added-rules.ts'
import { lastPlan } from '../task/journal-plans.ts'
import { hasWorkspace } from './archive-task.ts'

type Effect = LiveRule['effect']

const canonical = (target: string, effect: Effect, allowedHosts: readonly string[] | null): LiveRule => {
  const read = parseTarget(target, 'live', effect)
  if (!read.ok)
    throw new BerthError('bad-request', read.error, { hint: `\`berth ${effect} --help\` has examples of targets.` })
  if (effect === 'allow') refuseRules(allowedHosts, read.value)
  // All rules of a target have its words.
  return { target: read.value[0]?.target ?? target, effect }
}

/** Refuses a task whose network no rule applies to, and one that will have no turn any more. */
const refuse = (record: TaskRecord, { network }: Plan): void => {
  const { id, isolation, policy, state } = record
  if (FINAL.has(state)) hasWorkspace(record)
  if (network !== null) return
  const whole = isolation === 'host' ? 'runs without a sandbox' : `has --policy ${policy}`
  throw new BerthError('not-allowed', `${id} ${whole}: its network is not Berth's, and no rule applies`, {
    hint: 'Rules apply to tasks with --policy sandboxed.',
  })
}

/** Refuses to allow what another rule denies all the same. `network`: with the target's rules. */
const refuseDenied = (id: string, network: GatewayTask['network'], target: string): void => {
  const denial = stillDenied(network?.rules ?? [], target)
  if (denial === undefined) return
  const hint =
    denial.origin === 'live'
      ? `Take it back with \`berth allow ${id} ${shellWord(takenBackBy(denial))}\`.`
      : 'It was there when the task was made. Leave it out in a new task.'
  const which = `"${denial.target}" (${denial.origin})`
  throw new BerthError('not-allowed', `${id}: the rule ${which} denies ${target}, whatever allows it`, { hint })
}

/**
 * Allows or denies targets to a task, from now on and in its further turns. Connections that are open and not allowed any
 * more end. All of the targets, or none.
 */
export const setLiveRules = async (input: {
  readonly deps: Pick<Deps, 'config' | 'egress'>
  readonly tasks: Pick<Tasks, 'withTask'>
  readonly id: string
  readonly effect: Effect
  readonly targets: readonly string[]
}): Promise<TaskRecord> => {
  const { deps, tasks, id, effect, targets } = input
  const { allowedHosts } = deps.config.settings()
  const rules = targets.map((target) => canonical(target, effect, allowedHosts))
  return await tasks.withTask(id, async (live) => {
    const plan = lastPlan(live)
    refuse(live.record, plan)
    const { liveRules = [] } = live.record
    const all = rules.reduce(addLiveRule, liveRules)
    const network = gatewayNetwork(plan, { ...rulesSince(live), live: all })
    if (effect === 'allow') for (const { target } of rules) refuseDenied(id, network, target)
    const isNew = rules.filter((rule) => !standsAlready(liveRules, rule))
    if (isNew.length > 0) await live.commit(...isNew.map((rule) => ({ type: 'egress.rule' as const, ...rule })))
    faultPoint('egress.rule')
    // Also where nothing is new: a supervisor that was killed may not have told the gateway.
    await deps.egress.setNetwork(id, gatewayNetwork(plan, rulesSince(live)))
    return live.record
  })
}
