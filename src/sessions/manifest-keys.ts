import * as z from 'zod'
import { type Key, SETTINGS } from '../config/settings.ts'
import { choice, matching, string, type ValueType } from '../config/value-types.ts'

/** The tables of a manifest that have keys of sessions. */
export type Kind = 'defaults' | 'bundle' | 'session'

type OwnRow = ValueType<string | readonly string[]> & {
  readonly description: string
  readonly kinds: readonly Kind[]
}

const EVERYWHERE: readonly Kind[] = ['defaults', 'bundle', 'session']

const texts = (expected: string): ValueType<readonly string[]> => ({
  type: 'list',
  expected,
  schema: z.union([
    z
      .string()
      .min(1)
      .transform((one) => [one]),
    z.array(z.string().min(1)),
  ]),
})

/** The keys that a session has beside the settings of a task. */
export const OWN_KEYS = {
  id: {
    ...matching(
      /^(?=.{1,63}$)[A-Za-z0-9][A-Za-z0-9_-]*(\{n\}[A-Za-z0-9_-]*)?$/,
      'letters, digits, _ and -, at most 63; {n} stands for a number',
    ),
    description: 'The name of the session. {n} becomes the least number that makes it unique: worker-1, worker-2.',
    kinds: ['session'],
  },
  bundle: {
    ...texts('the name of a bundle, or a list of names'),
    description: 'Take the keys of these bundles; a later one overrides an earlier one, the session overrides all.',
    kinds: ['defaults', 'session'],
  },
  inherits: {
    ...texts('the name of a bundle, or a list of names'),
    description: 'Take the keys of these bundles, too; a later one overrides an earlier one.',
    kinds: ['bundle'],
  },
  goal: {
    ...string(),
    description: 'What the session is to reach. It stands before the prompt, or is the prompt.',
    kinds: EVERYWHERE,
  },
  prompt: {
    ...string(),
    description: 'The prompt. {{results.ID.FIELD}} stands for a result of a session that this one waits for.',
    kinds: EVERYWHERE,
  },
  'prompt-file': {
    ...string('the path of a file'),
    description: "Read the prompt from this file, named from the manifest's folder.",
    kinds: EVERYWHERE,
  },
  'env-file': {
    ...texts('the path of a file, or a list of paths'),
    description: "Give the agent the variables of these files, named from the manifest's folder; env overrides them.",
    kinds: EVERYWHERE,
  },
  after: {
    ...texts('the id of a session, or a list of ids'),
    description: 'Begin when these sessions are done.',
    kinds: ['session'],
  },
  'after-failed': {
    ...choice('fail', 'run'),
    description: 'If a session that this one waits for fails, is stopped or removed: fail, too, or run all the same.',
    kinds: EVERYWHERE,
  },
} as const satisfies Record<string, OwnRow>

export type OwnKey = keyof typeof OWN_KEYS
export const isOwnKey = (name: string): name is OwnKey => Object.hasOwn(OWN_KEYS, name)
export const ownKeysOf = (kind: Kind): readonly OwnKey[] =>
  (Object.keys(OWN_KEYS) as OwnKey[]).filter((key) => (OWN_KEYS[key] as OwnRow).kinds.includes(kind))

/** Other names of settings in a manifest. */
export const ALIASES: Readonly<Record<string, Key>> = {
  provider: 'agent',
  mounts: 'volume',
  labels: 'label',
  tags: 'tag',
}

/** The settings that the table `resources` may have. */
export const RESOURCES: readonly Key[] = ['memory', 'cpus', 'pids', 'shm-size', 'ulimit', 'gpus']

/** Settings that no session may have, with the reason. */
export const NOT_OF_SESSIONS: Readonly<Partial<Record<Key, string>>> = {
  session: 'the id of a session is its name: write id',
  ref: 'a session starts from its branch: write branch',
  source: 'a session works on a clone of its branch, and on nothing else',
  'detach-keys': 'this is a setting of your terminal: give it to `berth attach`',
}

/** The settings that a table may have. Two tasks cannot have one name, so only a session has it. */
export const settingsOf = (kind: Kind): readonly Key[] =>
  (Object.keys(SETTINGS) as Key[]).filter(
    (key) =>
      SETTINGS[key].scope !== 'supervisor' &&
      NOT_OF_SESSIONS[key] === undefined &&
      (key !== 'name' || kind === 'session'),
  )
