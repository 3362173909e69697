import type { Option } from 'commander'
import type { ListAnswer } from '../api/answers.ts'
import { LABEL } from '../domain/container-spec.ts'
import { GROUP_NAMES } from '../domain/network/groups.ts'
import { VERBS, type Verb } from '../domain/states.ts'
import { FINAL, type TaskRecord } from '../domain/task.ts'

export type Candidate = { readonly value: string; readonly about: string }

/** What is asked only when it is needed: a tab shall not wait for more. */
export type Ports = {
  readonly list: () => Promise<ListAnswer>
  readonly agents: () => Promise<readonly string[]>
  readonly logins: () => Promise<readonly { readonly agent: string; readonly name: string }[]>
  readonly profiles: () => Promise<readonly string[]>
  readonly presets: () => Promise<readonly string[]>
  /** The choices of a setting that has a few. */
  readonly choices: (key: string) => Promise<readonly string[]>
}

const STATES = Object.keys(VERBS)
const plain = (values: readonly string[]): readonly Candidate[] => values.map((value) => ({ value, about: '' }))

/** Whether the command can do something to the task. */
const fits = (command: string, { state, archived }: TaskRecord): boolean => {
  if (command === 'unarchive') return archived
  if (command === 'archive') return FINAL.has(state) && !archived
  const isVerb = Object.values(VERBS).some((verbs) => verbs.includes(command as Verb))
  return !isVerb || VERBS[state].includes(command as Verb)
}

export const taskIds = async (
  { list }: Ports,
  command: string,
  given: readonly string[],
): Promise<readonly Candidate[]> =>
  (await list()).tasks
    .filter((task) => !given.includes(task.id) && fits(command, task))
    .map(({ id, state, title }) => ({ value: id, about: `${state} ${title}` }))

const taskOf = async ({ list }: Ports, words: readonly string[]): Promise<TaskRecord | undefined> =>
  (await list()).tasks.find(({ id, name }) => words.some((word) => word === id || word === name))

/** The turns of the named task that wait. */
export const turnNumbers = async (ports: Ports, words: readonly string[]): Promise<readonly Candidate[]> =>
  ((await taskOf(ports, words))?.turns ?? [])
    .filter(({ turn, state }) => state === 'queued' && !words.slice(1).includes(String(turn)))
    .map(({ turn, prompt }) => ({ value: String(turn), about: prompt }))

/** What the task was denied, or may reach, then the groups. */
export const ruleTargets = async (
  ports: Ports,
  command: string,
  words: readonly string[],
): Promise<readonly Candidate[]> => {
  const { denials = [], allow = [], liveRules = [] } = (await taskOf(ports, words)) ?? {}
  const denied = denials.flatMap((one) => one.allow ?? [])
  const allowed = [...allow, ...liveRules.flatMap(({ target, effect }) => (effect === 'allow' ? target : []))]
  const own = command === 'allow' ? denied : allowed
  return plain([...new Set([...own, ...GROUP_NAMES])].filter((target) => !words.includes(target)))
}

const labels = async ({ list }: Ports): Promise<readonly Candidate[]> => {
  const all = (await list()).tasks.flatMap((task) =>
    Object.entries(task.labels).map(([name, value]) => `${name}=${value}`),
  )
  return plain([...new Set(all)].sort())
}

/** The values that the tasks have for a label of Berth. */
const labelValues = async ({ list }: Ports, label: string): Promise<readonly Candidate[]> =>
  plain([...new Set((await list()).tasks.flatMap(({ labels: all }) => all[label] ?? []))].sort())

/** Names behind commas: what stands before the last one stays. */
const listed = (names: readonly string[], current: string): readonly Candidate[] => {
  const before = current.slice(0, current.lastIndexOf(',') + 1)
  return plain(names.filter((name) => !before.split(',').includes(name)).map((name) => before + name))
}

/** The names of logins; of an agent that stands before, its own. */
export const loginNames = async ({ logins }: Ports, words: readonly string[]): Promise<readonly Candidate[]> => {
  const all = await logins()
  const own = all.filter(({ agent }) => words.includes(agent))
  return plain([...new Set((own.length > 0 ? own : all).map(({ name }) => name))].sort())
}

/** Values that need nobody to be asked. */
const FIXED: Readonly<Record<string, () => readonly string[]>> = {
  allow: () => GROUP_NAMES,
  deny: () => GROUP_NAMES,
  engine: () => ['docker', 'podman'],
  timezone: () => Intl.supportedValuesOf('timeZone'),
  'security-label': () => ['disable'],
}

/** The values of an option; none where it takes a file, or anything. */
export const optionValues = async (
  ports: Ports,
  option: Option,
  current: string,
  words: readonly string[],
): Promise<readonly Candidate[]> => {
  const key = option.long?.replace(/^--/, '') ?? ''
  if (key === 'agent' || key === 'provider') return plain(await ports.agents())
  if (key === 'login') return [...(await loginNames(ports, words)), ...plain(['none'])]
  if (option.flags.endsWith('<login>')) return await loginNames(ports, words)
  if (key === 'state') return listed(STATES, current)
  if (key === 'label') return await labels(ports)
  if (key === 'session' || key === 'role' || key === 'owner') return await labelValues(ports, LABEL[key])
  const fixed = FIXED[key]
  if (fixed !== undefined) return plain(fixed())
  if (key === 'profile') return plain(await ports.profiles())
  if (key === 'preset') return plain(await ports.presets())
  if (key === 'turn')
    return ((await taskOf(ports, words))?.turns ?? []).map(({ turn, prompt }) => ({
      value: String(turn),
      about: prompt,
    }))
  return plain(await ports.choices(key))
}
