import { groupOfLock, PROJECT_FILE, type Project } from '../domain/network/project.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { shellWord } from '../std/shell-word.ts'

const allowFlags = (targets: readonly string[]) => targets.map((target) => `--allow ${shellWord(target)}`).join(' ')

/** The targets that somebody allowed: a wish for one of them is granted. */
const granted = (rules: readonly NetworkRule[]): ReadonlySet<string> =>
  new Set(rules.flatMap(({ effect, target }) => (effect === 'allow' ? [target.replace(/ push$/, '')] : [])))

const wishWarnings = ({ allow }: Project, allowed: ReadonlySet<string>): readonly string[] => {
  const open = allow.filter((target) => !allowed.has(target))
  if (open.length === 0) return []
  return [
    `${PROJECT_FILE} of the repository wishes to reach ${open.join(', ')}, which Berth does not grant by itself; to allow it: ${allowFlags(open)}`,
  ]
}

/** A rule for one of the group's hosts, or for a mirror of the registry, tells that somebody has thought of it. */
const lockWarnings = ({ locks, allow }: Project, allowed: ReadonlySet<string>): readonly string[] => {
  const groups = new Map(locks.map((name) => [groupOfLock(name) ?? '', name] as const).reverse())
  const open = [...groups].reverse().filter(([group]) => !allowed.has(group) && !allow.includes(group))
  if (open.length === 0) return []
  const names = open.map(([, name]) => name).join(', ')
  return [
    `the repository has ${names}, and no rule allows its registry; to let the agent install: ${allowFlags(open.map(([group]) => group))}`,
  ]
}

/** What Berth says once of a repository whose agent may miss the network: its own wishes, and its lock files. */
export const projectWarnings = (project: Project, rules: readonly NetworkRule[]): readonly string[] => {
  const allowed = granted(rules)
  return [...wishWarnings(project, allowed), ...lockWarnings(project, allowed)]
}

/** Said where no rule applies. */
export const unenforcedDenies = ({ deny }: Project): readonly string[] =>
  deny.length === 0
    ? []
    : [`${PROJECT_FILE} of the repository denies ${deny.join(', ')}, and Berth applies rules only to sandboxed tasks`]
