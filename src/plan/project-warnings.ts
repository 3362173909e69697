import { GROUPS, isGroup } from '../domain/network/groups.ts'
import { judge } from '../domain/network/judge.ts'
import { groupOfLock, PROJECT_FILE, type Project } from '../domain/network/project.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { shellWord } from '../std/shell-word.ts'

const allowFlags = (targets: readonly string[]) => targets.map((target) => `--allow ${shellWord(target)}`).join(' ')

const firstWord = (text: string) => text.split(' ', 1)[0] ?? text

/** The targets that somebody allowed; a group also where more words stand behind it. A wish for one of them is granted. */
const granted = (rules: readonly NetworkRule[]): ReadonlySet<string> =>
  new Set(
    rules
      .filter(({ effect }) => effect === 'allow')
      .flatMap(({ target }) => (isGroup(firstWord(target)) ? [target, firstWord(target)] : [target])),
  )

/** True where a rule, of whichever words, reaches the first host of the group. */
const isReached = (group: string, rules: readonly NetworkRule[]): boolean => {
  const host = isGroup(group) ? GROUPS[group].hosts[0]?.host : undefined
  return host !== undefined && judge(rules, { host, port: 443 }).verdict === 'allowed'
}

const wishWarnings = ({ allow }: Project, allowed: ReadonlySet<string>): readonly string[] => {
  const open = allow.filter((target) => !allowed.has(target))
  if (open.length === 0) return []
  return [
    `${PROJECT_FILE} of the repository wishes to reach ${open.join(', ')}, which Berth does not grant by itself; to allow it: ${allowFlags(open)}`,
  ]
}

const lockWarnings = ({ locks, allow }: Project, rules: readonly NetworkRule[]): readonly string[] => {
  // Of several lock files for one registry the first is named.
  const groups = new Map(locks.map((name) => [groupOfLock(name) ?? '', name] as const).reverse())
  const open = [...groups].reverse().filter(([group]) => !allow.includes(group) && !isReached(group, rules))
  if (open.length === 0) return []
  const names = open.map(([, name]) => name).join(', ')
  return [
    `the repository has ${names}, and no rule allows its registry; to let the agent install: ${allowFlags(open.map(([group]) => group))}`,
  ]
}

/** What Berth says once of a repository whose agent may miss the network: its own wishes, and its lock files. */
export const projectWarnings = (project: Project, rules: readonly NetworkRule[]): readonly string[] => [
  ...wishWarnings(project, granted(rules)),
  ...lockWarnings(project, rules),
]

/** Said where no rule applies. */
export const unenforcedDenies = ({ deny }: Project): readonly string[] =>
  deny.length === 0
    ? []
    : [`${PROJECT_FILE} of the repository denies ${deny.join(', ')}, and Berth applies rules only to sandboxed tasks`]
