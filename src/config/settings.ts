import type * as z from 'zod'
import type { ErrorCode } from '../domain/errors.ts'
import { REFERENCE, REFERENCE_FORMS, type taskRequest } from '../domain/request.ts'
import { parseUser } from './parse-user.ts'
import { parseVolume } from './parse-volume.ts'
import {
  boolean,
  bytes,
  choice,
  command,
  counts,
  decimal,
  duration,
  durationWithin,
  list,
  map,
  positive,
  states,
  string,
  type ValueType,
  wholeNumber,
} from './value-types.ts'

type RequestInput = z.input<typeof taskRequest>

export type Setting<T> = ValueType<T> & {
  /**
   * task: of a task, may stand anywhere. global: of this installation. request: of one task alone, a flag and nothing
   * else. supervisor: of the state folder's one supervisor, in the file and its environment; no request can set it, for
   * it may name a program of this machine.
   */
  readonly scope: 'task' | 'global' | 'request' | 'supervisor'
  readonly description: string
  /** Code of the error for a wrong value in a flag. */
  readonly code: ErrorCode
  /** Its part of a TaskRequest; throws Error with a sentence where the value can't be. */
  readonly toRequest?: (value: T) => Partial<RequestInput>
  /** Where it has one of its own; a task's settings have that of TaskRequest. */
  readonly fallback?: T
}

const setting = <T>(
  kind: ValueType<T>,
  rest: Omit<Setting<T>, keyof ValueType<T> | 'code'> & { code?: ErrorCode },
) => ({
  code: 'usage' as const,
  ...kind,
  ...rest,
})

const task = <T>(
  kind: ValueType<T>,
  description: string,
  toRequest: (value: T) => Partial<RequestInput>,
  code?: ErrorCode,
) => setting(kind, { scope: 'task', description, toRequest, ...(code === undefined ? {} : { code }) })

const request = <T>(kind: ValueType<T>, description: string, toRequest: (value: T) => Partial<RequestInput>) =>
  setting(kind, { scope: 'request', description, toRequest })

const supervisor = <T>(kind: ValueType<T>, description: string, fallback?: T) =>
  setting(kind, { scope: 'supervisor', description, ...(fallback === undefined ? {} : { fallback }) })

const given = (entries: Readonly<Record<string, string | null>>): Record<string, string> =>
  Object.fromEntries(Object.entries(entries).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))

const absolute = (path: string): string => {
  if (!path.startsWith('/')) throw new Error(`"${path.slice(0, 80)}" is not an absolute path`)
  return path
}

const environment = (entries: Readonly<Record<string, string | null>>): Partial<RequestInput> => {
  for (const [name, value] of Object.entries(entries)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`"${name.slice(0, 80)}" is not the name of a variable`)
    if (value?.includes('\0')) throw new Error(`the value of ${name} has a NUL byte`)
  }
  return { envFrom: Object.keys(entries) }
}

const ownLabels = (entries: Readonly<Record<string, string | null>>): Partial<RequestInput> => {
  const taken = Object.keys(entries).find((name) => name.startsWith('berth.'))
  if (taken !== undefined) throw new Error(`the label ${taken} is Berth's own: labels that begin with "berth." are`)
  return { labels: given(entries) }
}

/** What is no reference may be the key itself, and is not shown. */
const references = (entries: Readonly<Record<string, string | null>>): Partial<RequestInput> => {
  const wrong = Object.entries(given(entries)).find(([, text]) => !REFERENCE.test(text))
  if (wrong !== undefined) throw new Error(`what stands for ${wrong[0]} is no reference: write ${REFERENCE_FORMS}`)
  return { credentials: given(entries) }
}

/**
 * Every setting, by the name of its flag: the same name in the config file, BERTH_<NAME> with _ for - in the
 * environment. The one table that flags, variables, file and docs come from.
 */
export const SETTINGS = {
  agent: task(
    string('the name of an agent'),
    'The agent CLI that does the work: codex, claude, gemini or opencode.',
    (agent) => ({ agent }),
  ),
  model: task(string('the name of a model'), "The model, as the agent's CLI names it.", (model) => ({ model })),
  'base-url': task(
    string('an http or https URL'),
    "The model's address instead of the usual one, as the agent's CLI takes it.",
    (baseUrl) => ({ baseUrl }),
  ),
  'provider-arg': task(map('refused'), "A setting of the agent's CLI, KEY=VALUE; may be given again.", (options) => ({
    providerOptions: given(options),
  })),
  isolation: task(
    choice('container', 'host'),
    'Where a task runs: in a container, or on this machine without a sandbox.',
    (isolation) => ({ isolation }),
  ),
  engine: task(
    string('docker or podman'),
    'What runs the containers: docker, podman, or the address of one (unix:///path/to.sock). Without it, the first that answers.',
    (engine) => ({ engine }),
  ),
  image: task(string('the name of an image'), 'The image a task runs in.', (image) => ({ image })),
  pull: task(choice('missing', 'always', 'never'), 'When the image is pulled.', (pull) => ({ pull })),
  policy: task(choice('sandboxed', 'open'), 'What a task may reach: its model alone, or the network.', (policy) => ({
    policy,
  })),
  memory: task(bytes, 'Memory a task may use, like 512m or 2g; 8g without it.', (memory) => ({ memory })),
  cpus: task(decimal, 'CPUs a task may use; fractions are allowed.', (cpus) => ({ cpus })),
  pids: task(wholeNumber, 'Processes and threads a task may have at once; 4096 without it.', (pids) => ({ pids })),
  user: task(string('UID or UID:GID'), 'User and group inside the container, as numbers; never root.', (user) => ({
    user: parseUser(user),
  })),
  workdir: task(string('an absolute path'), 'Folder inside the container that the agent starts in.', (workdir) => ({
    workdir: absolute(workdir),
  })),
  env: task(
    map('allowed'),
    'A variable for the agent: NAME=VALUE, or NAME for the value in this shell; may be given again.',
    environment,
    'bad-env',
  ),
  credential: task(
    map('refused'),
    "Where a model's key comes from, by the name of its variable: NAME=env:OTHER, NAME=file:/PATH or NAME=command:PROGRAM ARG; may be given again.",
    references,
    'no-credentials',
  ),
  volume: task(
    list,
    'A folder of this machine for the task, HOST:CONTAINER or HOST:CONTAINER:ro; may be given again.',
    (volumes) => ({ volumes: volumes.map(parseVolume) }),
    'bad-volume',
  ),
  label: task(map('refused'), 'A label of the task and its containers, NAME=VALUE; may be given again.', ownLabels),
  push: task(choice('runner', 'none'), 'Whether the commits are pushed when the turn is done.', (push) => ({ push })),
  'push-to': task(
    string('the name of a branch'),
    'Branch to push to instead of berth/<task>; fast-forward only.',
    (pushTo) => ({ pushTo }),
  ),
  'push-retries': task(
    wholeNumber,
    'How often a push to a named branch that somebody else has moved is rebased and tried again; 0 for never, 3 without it.',
    (pushRetries) => ({ pushRetries }),
  ),
  'shared-tree': task(
    boolean,
    'The work tree is a layer over one that tasks on the same commit share: a large one is there at once.',
    (sharedTree) => ({ sharedTree }),
  ),
  uncommitted: task(
    choice('commit', 'keep', 'discard'),
    'What becomes of changes the agent left uncommitted.',
    (uncommitted) => ({ uncommitted }),
  ),
  'turn-timeout': task(duration, 'Time a turn may take, like 90s or 2h; 24h without it.', (turnTimeout) => ({
    turnTimeout,
  })),
  'task-timeout': task(
    duration,
    'Time all turns of a task may take together, like 8h; no such limit without it.',
    (taskTimeout) => ({ taskTimeout }),
  ),
  'idle-timeout': task(
    duration,
    'Time the agent may go without a word, like 15m; no such limit without it.',
    (idleTimeout) => ({ idleTimeout }),
  ),
  'keep-alive': task(
    duration,
    'How long the container of a turn waits for a further prompt, like 10m; without it, not at all.',
    (keepAlive) => ({ keepAlive }),
  ),
  pool: task(
    wholeNumber,
    'Sandboxes that are started ahead for further tasks like this one, so that they begin at once; 0 to 20, 0 without it.',
    (pool) => ({ pool }),
  ),
  'output-limit': task(
    bytes,
    "Bytes of an agent's output that are kept for a turn, like 100m; 1g without it.",
    (outputLimit) => ({
      outputLimit,
    }),
  ),

  priority: task(wholeNumber, 'Queued turns of a higher one begin first; -1000 to 1000.', (priority) => ({ priority })),
  retries: task(
    wholeNumber,
    'Further tries of a turn that a rate limit or the network ended; 0 without it.',
    (retries) => ({ retries }),
  ),
  'retry-delay': task(
    duration,
    'Time before the first further try, like 30s; twice as long before each one after it, at most 1h.',
    (retryDelay) => ({ retryDelay }),
  ),
  'rate-limit': task(
    choice('wait', 'fail'),
    'Whether a turn waits for the time that the model named, without container and slot.',
    (rateLimit) => ({ rateLimit }),
  ),

  concurrency: supervisor(
    positive,
    'Turns that run at once, over all tasks; as many as there are without it. The others are queued.',
  ),
  'label-concurrency': supervisor(
    counts,
    'Turns that run at once among tasks with a label: NAME for each of its values, "NAME=VALUE" for one.',
  ),
  profile: setting(string('the name of a profile'), {
    scope: 'global',
    description: 'The profile of the config file that is in force.',
    toRequest: (profile: string) => ({ profile }),
  }),

  hook: supervisor(command, "A command that is run when a task's state changes: it gets the event as JSON on stdin."),
  'hook-on': supervisor(states, 'The states that the hook is for.', [
    'blocked',
    'ready',
    'done',
    'failed',
    'stopped',
    'died',
  ]),
  'hook-timeout': supervisor(durationWithin(100, 3_600_000), 'Time a hook may take before it is killed.', 30_000),
  'disk-budget': supervisor(
    bytes,
    'What the state folder may take, like 20g: when it is passed, the oldest finished tasks are pruned whose work is elsewhere too. Without it, nothing is pruned by itself.',
  ),

  repo: request(string(), 'The repository: a URL, owner/name, or a local folder.', (repo) => ({ repo })),
  ref: request(string(), 'Branch, tag or commit to start from; the default branch without it.', (ref) => ({ ref })),
  branch: request(string(), 'Branch to start from.', (branch) => ({ branch })),
  source: request(
    choice('clone', 'copy', 'mount'),
    'How a local folder is taken: its commits, its files, or itself.',
    (source) => ({ source }),
  ),
  'host-permissive': request(
    boolean,
    "With --isolation host: the agent's own approvals and sandbox are off, it does all that you may do.",
    (hostPermissive) => ({ hostPermissive }),
  ),
  mode: request(
    choice('exec', 'review'),
    'What the agent does: the work it is told, or a review of what the branch changes.',
    (mode) => ({ mode }),
  ),
  'review-base': request(
    string('the name of a branch'),
    "The branch that a review compares with; the remote's default branch without it.",
    (reviewBase) => ({ reviewBase }),
  ),
  name: request(string(), 'A name for the task, to be used like its id.', (name) => ({ name })),
  title: request(string(), 'A title for the task; without it, the first line of the prompt.', (title) => ({ title })),
  args: request(list, "Arguments for the agent's CLI, as they are.", (args) => ({ providerArgs: [...args] })),
} as const

export type Key = keyof typeof SETTINGS
export type Values = { readonly [K in Key]: z.output<(typeof SETTINGS)[K]['schema']> | null }

export const KEYS = Object.keys(SETTINGS) as readonly Key[]
/** Keys that may stand in a file and in the environment. */
export const FILE_KEYS = KEYS.filter((key) => SETTINGS[key].scope !== 'request')
/** Keys that the supervisor reads for itself. */
export const SUPERVISOR_KEYS = KEYS.filter((key) => SETTINGS[key].scope === 'supervisor')
export const isKey = (name: string): name is Key => Object.hasOwn(SETTINGS, name)
export const variableOf = (key: string) => `BERTH_${key.toUpperCase().replaceAll('-', '_')}`
