import { judge } from './judge.ts'
import { parseTarget } from './parse-target.ts'
import type { NetworkRule } from './rule.ts'

/** What a user allowed or denied while the task was there. The target is in canonical form. */
export type LiveRule = { readonly target: string; readonly effect: NetworkRule['effect'] }

const placeOf = (target: string): string => target.split(' ', 1)[0] ?? ''

/** True if the first target is the second one, or names its whole place. */
const covers = (target: string, other: string): boolean =>
  target === other || (target === placeOf(target) && target === placeOf(other))

/** True if a rule that stood before does not stand any more. Only a live deny can be taken back. */
const isReplaced = (rule: NetworkRule, { target, effect }: LiveRule): boolean => {
  if (rule.effect === effect) return rule.origin === 'live' && rule.target === target
  if (effect === 'deny') return covers(target, rule.target)
  // Only an allow takes the word.
  const denied = target
    .split(' ')
    .filter((word) => word !== 'private')
    .join(' ')
  return rule.origin === 'live' && (rule.target === denied || covers(rule.target, target))
}

/** A group that a later version renamed gives no rule. */
const rulesOf = ({ target, effect }: LiveRule): readonly NetworkRule[] => {
  const read = parseTarget(target, 'live', effect)
  return read.ok ? read.value : []
}

/**
 * The rules of a plan with what was allowed and denied since, the oldest first. A deny takes away what allowed its target or
 * anything at its place; an allow takes back a live deny.
 */
export const withLiveRules = (rules: readonly NetworkRule[], live: readonly LiveRule[] = []): readonly NetworkRule[] =>
  live.reduce<readonly NetworkRule[]>(
    (all, one) => [...rulesOf(one), ...all.filter((rule) => !isReplaced(rule, one))],
    rules,
  )

/** The live rules with one more. The same one again only moves to the end, so they do not grow by repetition. */
export const addLiveRule = (live: readonly LiveRule[] = [], { target, effect }: LiveRule): readonly LiveRule[] => [
  ...live.filter((one) => one.target !== target || one.effect !== effect),
  { target, effect },
]

/** True if the rule stands already, and nothing that came later takes it away. */
export const standsAlready = (live: readonly LiveRule[] = [], { target, effect }: LiveRule): boolean =>
  withLiveRules([], live).some((rule) => rule.target === target && rule.effect === effect)

const WEB_PORTS: readonly number[] = [80, 443]

/**
 * The rule that still denies all that a target allows; undefined if some of it can pass. `rules`: with the target's own.
 */
export const stillDenied = (rules: readonly NetworkRule[], target: string): NetworkRule | undefined => {
  const asked = rules
    .filter((rule) => rule.origin === 'live' && rule.effect === 'allow' && rule.target === target)
    .flatMap(({ host, port }) =>
      // A name that nobody has stands for all names of a wildcard.
      (port === null ? WEB_PORTS : [port]).map((one) => ({ host: host.replace('*', 'any-name'), port: one })),
    )
  const denials = asked.map((one) => {
    const judged = judge(rules, one)
    return judged.verdict === 'denied' ? judged.rule : undefined
  })
  return denials.includes(undefined) ? undefined : denials[0]
}
