import type * as z from 'zod'
import { DETACH_KEYS } from '../domain/detach-keys.ts'
import type { ErrorCode } from '../domain/errors.ts'
import { loginHeaderProblem } from '../domain/login-headers.ts'
import { parseNamedSource } from '../domain/named-source.ts'
import { parseTarget } from '../domain/network/parse-target.ts'
import { type Person, parsePerson } from '../domain/person.ts'
import { POLICIES } from '../domain/policy.ts'
import { REFERENCE, REFERENCE_FORMS, STANDARD_LIMITS, type taskRequest } from '../domain/request.ts'
import { OWNER_NAME, OWNER_NAME_WORDS, SESSION_NAME, SESSION_NAME_WORDS } from '../domain/session-labels.ts'
import { SUBMODULE_RULES } from '../domain/submodule-url.ts'
import { isTimeZone, likeTimeZone } from '../domain/time-zone.ts'
import { formatBytes } from '../std/bytes.ts'
import { apiUrl, appId, privateKey, tokenReference } from './github-types.ts'
import { parseDevice } from './parse-device.ts'
import { parseGpus } from './parse-gpus.ts'
import { parsePublish } from './parse-publish.ts'
import { parseSecurityLabel } from './parse-security-label.ts'
import { parseTmpfs } from './parse-tmpfs.ts'
import { parseUlimit } from './parse-ulimit.ts'
import { parseUser } from './parse-user.ts'
import { parseVolume } from './parse-volume.ts'
import {
  address,
  boolean,
  bytes,
  choice,
  command,
  counts,
  decimal,
  duration,
  durationWithin,
  file,
  folder,
  folders,
  furtherRepositories,
  homeFile,
  hosts,
  jsonSchema,
  keys,
  list,
  map,
  matching,
  person,
  persons,
  positive,
  proxy,
  repositories,
  rules,
  signing,
  states,
  string,
  type ValueType,
  variableNames,
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
  /** It may change or go in any version; help and docs say so. */
  readonly experimental?: true
  /** A list whose layers add up; of other lists the nearest layer counts. */
  readonly joined?: true
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

/** A setting of a task that may still change. */
const experimental = <T>(kind: ValueType<T>, description: string, toRequest: (value: T) => Partial<RequestInput>) =>
  setting(kind, { scope: 'task', description, toRequest, experimental: true as const })

/** Rules on the network. `toTaskRequest` says where each of them was written. */
const network = (effect: 'allow' | 'deny', description: string) =>
  setting(rules, {
    scope: 'task',
    description,
    joined: true as const,
    toRequest: (targets) => {
      for (const target of targets) {
        const read = parseTarget(target, 'configuration', effect)
        if (!read.ok) throw new Error(read.error)
      }
      return { [effect]: targets.map((target) => ({ target, origin: 'configuration' })) }
    },
  })

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

const numbered = (path: string): string => {
  if (!/^[^{}]*\{n\}[^{}/]*$/.test(absolute(path)))
    throw new Error(`"${path.slice(0, 80)}" is not the path of a folder with {n} once in its name`)
  return path
}

const profileName = (name: string): string => {
  if (!/^[^\s\0]{1,400}$/.test(name)) throw new Error(`"${name.slice(0, 80)}" is not the name of a profile`)
  return name
}

const zoneName = (name: string): string => {
  if (isTimeZone(name)) return name
  const like = likeTimeZone(name)
  throw new Error(`there is no time zone "${name.slice(0, 80)}"${like === undefined ? '' : ` (did you mean ${like}?)`}`)
}

const localeName = (name: string): string => {
  if (!/^[A-Za-z][A-Za-z0-9_.@-]{0,63}$/.test(name))
    throw new Error(`"${name.slice(0, 80)}" is not the name of a locale, like de_DE.UTF-8`)
  return name
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
  if (taken !== undefined)
    throw new Error(`the label ${taken} is reserved: Berth uses all labels that begin with "berth."`)
  return { labels: given(entries) }
}

/** A text that is not a reference may be the key itself, so the error does not show it. */
const references = (entries: Readonly<Record<string, string | null>>): Partial<RequestInput> => {
  const wrong = Object.entries(given(entries)).find(([, text]) => !REFERENCE.test(text))
  if (wrong !== undefined) throw new Error(`credential ${wrong[0]} is not a reference: write ${REFERENCE_FORMS}`)
  return { credentials: given(entries) }
}

const personOf = (text: string): Person => {
  const read = parsePerson(text)
  if (!read.ok) throw new Error(read.error)
  return read.value
}

const headers = (entries: Readonly<Record<string, string | null>>): Partial<RequestInput> => {
  const loginHeaders = given(entries)
  const problem = loginHeaderProblem(loginHeaders)
  if (problem !== undefined) throw new Error(problem)
  return { loginHeaders }
}

/**
 * Every setting, by the name of its flag: the same name in the config file, BERTH_<NAME> with _ for - in the
 * environment. The one table that flags, variables, file and docs come from.
 */
export const SETTINGS = {
  agent: task(
    string('the name of an agent'),
    'Run this agent CLI: codex, claude, gemini, opencode, or an agent of the config file.',
    (agent) => ({ agent }),
  ),
  model: task(string('the name of a model'), "Use this model, named as the agent's CLI names it.", (model) => ({
    model,
  })),
  'base-url': task(
    string('an http or https URL'),
    "Use the model's API at this address, written as the agent's CLI expects it.",
    (baseUrl) => ({ baseUrl }),
  ),
  'provider-arg': task(map('refused'), "Set an option of the agent's CLI: KEY=VALUE.", (options) => ({
    providerOptions: given(options),
  })),
  isolation: task(
    choice('container', 'host'),
    'Run the task in a container, or on this machine without a sandbox.',
    (isolation) => ({ isolation }),
  ),
  engine: task(
    string('docker or podman'),
    'Run containers with docker, podman, or the engine at an address like unix:///path/to.sock.',
    (engine) => ({ engine }),
  ),
  image: task(string('the name of an image'), 'Run the task in this image.', (image) => ({ image })),
  pull: task(choice('missing', 'always', 'never'), 'Pull the image if it is missing, always, or never.', (pull) => ({
    pull,
  })),
  policy: task(
    choice(...POLICIES),
    "Let the task reach only its model (sandboxed), the engine's network (open), or let it also become root in its container (privileged).",
    (policy) => ({
      policy,
    }),
  ),
  allow: network(
    'allow',
    'Let a sandboxed task also reach this: a group like npm, or HOST[:PORT]; docs/network.md has the grammar.',
  ),
  deny: network('deny', 'Refuse this to a sandboxed task, whatever allows it: a group, or HOST[:PORT].'),
  memory: task(bytes, 'Limit the memory of the task, e.g. 512m or 2g.', (memory) => ({ memory })),
  cpus: task(decimal, 'Limit the CPUs of the task, e.g. 1.5.', (cpus) => ({ cpus })),
  pids: task(wholeNumber, 'Limit the number of processes and threads that the task has at once.', (pids) => ({ pids })),
  'shm-size': task(bytes, 'Size of /dev/shm in the container, e.g. 256m.', (shmSize) => ({ shmSize })),
  ulimit: task(map('refused'), 'Limit what a process may use: NAME=SOFT[:HARD], e.g. nofile=4096.', (limits) => ({
    ulimits: Object.entries(given(limits)).map(([name, value]) => parseUlimit(name, value)),
  })),
  gpus: task(
    string('all, a number, or device=ID'),
    'Give the task GPUs: all, a number, or device=ID[,ID].',
    (gpus) => ({
      gpus: parseGpus(gpus) as RequestInput['gpus'],
    }),
  ),
  device: task(list, 'Give the task a device of this machine: HOST[:CONTAINER[:rwm]].', (devices) => ({
    devices: devices.map(parseDevice),
  })),
  publish: task(
    list,
    'Let this machine reach a port of the task: [IP:]HOSTPORT:PORT[/udp]; not with --policy sandboxed.',
    (ports) => ({ publish: ports.map(parsePublish) }),
  ),
  runtime: task(
    string('the name of an OCI runtime'),
    'Run the container with this OCI runtime of the engine, such as crun or runsc.',
    (runtime) => ({ runtime }),
  ),
  user: task(
    string('UID or UID:GID'),
    'Run the agent with these user and group ids in the container; Berth refuses root.',
    (user) => ({
      user: parseUser(user),
    }),
  ),
  workdir: task(string('an absolute path'), 'Start the agent in this folder of the container.', (workdir) => ({
    workdir: absolute(workdir),
  })),
  env: task(
    map('allowed'),
    'Give the agent a variable: NAME=VALUE, or NAME for the value in this shell.',
    environment,
    'bad-env',
  ),
  credential: task(
    map('refused'),
    "Read the model's key from another place than its variable NAME: NAME=env:OTHER, NAME=file:/PATH or NAME=command:PROGRAM ARG.",
    references,
    'no-credentials',
  ),
  login: task(
    string('the name of a login, or none'),
    "Use this login of the agent's provider in place of a key, as `berth auth login` made it; none: use the key.",
    (login) => ({ login }),
  ),
  'login-route': task(
    choice('base-url', 'tls'),
    "Reach a login's service by the sandbox's base URL, or by its own address, whose TLS the gateway opens.",
    (loginRoute) => ({ loginRoute }),
  ),
  'login-inside': task(
    boolean,
    "Put the login's tokens into the container, for a service that takes nothing else; one task at a time uses the login.",
    (loginInside) => ({ loginInside }),
  ),
  'login-header': task(map('refused'), "Set a further header on a login's requests to the model: NAME=VALUE.", headers),
  volume: task(
    list,
    'Mount a folder of this machine: HOST:CONTAINER, or HOST:CONTAINER:ro for reading only.',
    (volumes) => ({ volumes: volumes.map(parseVolume) }),
    'bad-volume',
  ),
  'read-only': task(
    boolean,
    "Let nobody change the image's files in the container; /tmp and /var/tmp then lie in memory.",
    (readOnly) => ({ readOnly }),
  ),
  tmpfs: task(
    list,
    'Mount an empty folder in memory: PATH, or PATH:OPTION,OPTION such as /cache:size=1g,exec.',
    (tmpfs) => ({ tmpfs: tmpfs.map(parseTmpfs).map(({ target, options }) => ({ target, options: [...options] })) }),
  ),
  'security-label': task(
    list,
    "Set the container's SELinux label: disable, TYPE, or PART:VALUE of user, role, type and level.",
    (labels) => ({ securityLabel: parseSecurityLabel(labels) }),
    'bad-profile',
  ),
  'seccomp-profile': task(
    file,
    "Filter the container's system calls by this file, in place of the policy's own filter.",
    (seccompProfile) => ({ seccompProfile }),
    'bad-profile',
  ),
  'apparmor-profile': task(
    string('the name of a loaded profile, or the path of its file'),
    'Confine the container by this AppArmor profile, which the kernel has loaded: its name, or the path of its file.',
    (apparmorProfile) => ({ apparmorProfile: profileName(apparmorProfile) }),
    'bad-profile',
  ),
  timezone: task(
    string('a name of the time zone database, like Europe/Berlin'),
    "Set the agent's time zone, e.g. Europe/Berlin; the image needs no zone files.",
    (name) => ({ timezone: zoneName(name) }),
  ),
  locale: task(
    string('the name of a locale, like de_DE.UTF-8'),
    "Set the agent's LANG and LC_ALL, e.g. de_DE.UTF-8; C.UTF-8 if the image lacks it.",
    (name) => ({ locale: localeName(name) }),
  ),
  label: task(map('refused'), 'Label the task and its containers: NAME=VALUE.', ownLabels),
  role: task(
    matching(SESSION_NAME, SESSION_NAME_WORDS),
    'Name the role of the task, such as planner or tester: the label berth.role.',
    (role) => ({ role }),
  ),
  owner: task(
    matching(OWNER_NAME, OWNER_NAME_WORDS),
    'Name the owner of the task: the label berth.owner.',
    (owner) => ({ owner }),
  ),
  tag: task(list, 'Tag the task with a word, which its state.json and transcript have.', (tags) => ({
    tags: [...tags],
  })),
  'operator-contact': task(
    string('whom to ask'),
    'Name whom to ask about the task; its status, state.json and the hook have it.',
    (operatorContact) => ({ operatorContact }),
  ),
  push: task(
    choice('runner', 'none'),
    'Push the commits at the end of a turn (runner), or do not push (none).',
    (push) => ({
      push,
    }),
  ),
  'push-to': task(string('the name of a branch'), 'Push to this branch, fast-forward only.', (pushTo) => ({ pushTo })),
  'push-retries': task(
    wholeNumber,
    'How often to rebase and push again if others moved the branch of --push-to; 0 turns this off.',
    (pushRetries) => ({ pushRetries }),
  ),
  'git-credentials': task(
    choice('outside', 'inside'),
    "Where the tokens of the repository's forge are: outside, with Berth alone; inside, in the sandbox too, for an agent that pushes or calls the forge itself.",
    (gitCredentials) => ({ gitCredentials }),
  ),
  'ssh-key': task(
    homeFile,
    'Reach the repository by ssh with this private key alone. The key stays outside, in an agent that serves the host of the repository.',
    (sshKey) => ({ sshKey }),
  ),
  'ssh-key-inside': task(
    boolean,
    'Put a copy of the key of --ssh-key into the container, for an agent that fetches and pushes by ssh itself. Everything there can read and send it away.',
    (sshKeyInside) => ({ sshKeyInside }),
  ),
  pr: task(boolean, 'Open a pull request for the pushed branch, or update the one that is open.', (pr) => ({ pr })),
  'pr-draft': task(boolean, 'Open the pull request as a draft; implies --pr.', (prDraft) => ({ prDraft })),
  'pr-base': task(string('the name of a branch'), 'Open the pull request against this branch.', (prBase) => ({
    prBase,
  })),
  'pr-label': task(list, 'Label the pull request.', (labels) => ({ prLabels: [...labels] })),
  'pr-reviewer': task(
    list,
    'Ask these people (LOGIN) and teams (ORG/TEAM) to review the pull request.',
    (reviewers) => ({
      prReviewers: [...reviewers],
    }),
  ),
  author: task(
    person,
    'Author the commits for the person who asked: "Name <email>"; the committer stays who publishes them.',
    (author) => ({ author: personOf(author) }),
  ),
  'co-author': task(
    persons,
    'Name a co-author of the commits in a Co-authored-by trailer: "Name <email>".',
    (coAuthors) => ({ coAuthors: coAuthors.map(personOf) }),
  ),
  sign: task(
    signing,
    "Sign the commits before they are pushed: ssh:KEY for a private key's path or reference, gpg:KEYID, or api for the forge's own signature.",
    (sign) => ({ sign }),
  ),
  depth: task(
    wholeNumber,
    "How many commits of history the task's clone has, 1 to 1000; `git fetch --unshallow` in the sandbox brings the rest.",
    (depth) => ({ depth }),
  ),
  lfs: task(
    choice('on', 'off'),
    "Bring the contents of Git LFS files into the task's clone, and upload new ones before a push (on), or leave all that out (off).",
    (lfs) => ({ lfs }),
  ),
  submodules: task(
    choice(...SUBMODULE_RULES),
    'Check out the submodules of the repository: none, those on its own host, or all. Your git fetches them with your credentials.',
    (submodules) => ({ submodules }),
  ),
  'shared-tree': experimental(
    boolean,
    'Mount the work tree as an overlay on a checkout shared by tasks on the same commit; large repositories start at once.',
    (sharedTree) => ({ sharedTree }),
  ),
  uncommitted: task(
    choice('commit', 'keep', 'discard'),
    'Commit the changes that the agent left uncommitted, keep them beside the commits, or discard them from the work tree.',
    (uncommitted) => ({ uncommitted }),
  ),
  'turn-timeout': task(duration, 'Stop a turn after this long, e.g. 90s or 2h.', (turnTimeout) => ({
    turnTimeout,
  })),
  'task-timeout': task(
    duration,
    'Stop the task when its turns together have taken this long, e.g. 8h.',
    (taskTimeout) => ({ taskTimeout }),
  ),
  'idle-timeout': task(duration, 'Stop the agent after this long without output, e.g. 15m.', (idleTimeout) => ({
    idleTimeout,
  })),
  'keep-alive': task(
    duration,
    'Keep the container warm for a further prompt for this long after a turn, e.g. 10m.',
    (keepAlive) => ({ keepAlive }),
  ),
  pool: experimental(
    wholeNumber,
    'Keep this many pre-started sandboxes for further tasks like this one, at most 20; 0 for none.',
    (pool) => ({
      pool,
    }),
  ),
  'output-limit': task(bytes, "Limit the agent's output in a turn, e.g. 100m.", (outputLimit) => ({
    outputLimit,
  })),

  'output-schema': setting(jsonSchema, {
    scope: 'request',
    description:
      'Ask the agent for a result: JSON of the JSON Schema in this file. Berth checks it; `berth result` prints it.',
    code: 'bad-schema',
    toRequest: (outputSchema) => ({ outputSchema }),
  }),
  'output-tries': task(
    wholeNumber,
    'How often to ask the agent again for a result that fits --output-schema; 0 to 10.',
    (outputTries) => ({ outputTries }),
  ),

  priority: task(wholeNumber, 'Start queued turns with a higher number first; -1000 to 1000.', (priority) => ({
    priority,
  })),
  retries: task(wholeNumber, 'How often to retry a turn that ended on a rate limit or network error.', (retries) => ({
    retries,
  })),
  'retry-delay': task(
    duration,
    'Wait this long before the first retry, e.g. 30s; each later wait is twice as long, at most 1h.',
    (retryDelay) => ({ retryDelay }),
  ),
  'rate-limit': task(
    choice('wait', 'fail'),
    'On a rate limit: wait until the time the model gave, freeing container and queue slot, or fail.',
    (rateLimit) => ({ rateLimit }),
  ),

  concurrency: supervisor(positive, 'Run at most this many turns at once, over all tasks; Berth queues the others.'),
  'label-concurrency': supervisor(
    counts,
    'Run at most this many turns at once among the tasks of a label: NAME sets the limit for each value, "NAME=VALUE" for that value.',
  ),
  profile: setting(string('the name of a profile'), {
    scope: 'global',
    description: 'Use this profile of the config file.',
    toRequest: (profile: string) => ({ profile }),
  }),
  preset: setting(string('the name of a preset'), {
    scope: 'global',
    description: 'Use this preset of the config file: a named set of settings, such as agent, image and mounts.',
    toRequest: (preset: string) => ({ preset }),
  }),
  'detach-keys': setting(keys, {
    scope: 'global',
    description: "Leave an agent's terminal with these keys, e.g. ctrl-a,d.",
    code: 'bad-detach-keys',
    fallback: DETACH_KEYS,
  }),

  hook: supervisor(command, "Run this command when a task's state changes, with the event as JSON on stdin."),
  'hook-on': supervisor(states, 'Run the hook for these states.', [
    'blocked',
    'ready',
    'done',
    'failed',
    'stopped',
    'died',
  ]),
  'hook-timeout': supervisor(durationWithin(100, 3_600_000), 'Kill a hook after this long.', 30_000),
  'disk-budget': supervisor(
    bytes,
    'When the state folder and the workspaces elsewhere are larger than this, e.g. 20g, prune the oldest finished tasks whose work also exists elsewhere.',
  ),

  'workspace-base-dir': supervisor(
    folder,
    'Make the workspaces of new tasks below this folder, as FOLDER/ID/workspace.',
  ),
  'mount-roots': supervisor(
    folders,
    'Mount only folders and files that lie beneath these, by their real paths: --volume and --source mount.',
  ),
  'env-allow': supervisor(
    variableNames,
    'Let --env NAME pass only these variables of the shell; NAME* stands for all that begin so.',
  ),

  'https-proxy': supervisor(
    proxy,
    'Reach https hosts by this proxy of your network, e.g. http://proxy.example:3128, or by none, whatever HTTPS_PROXY says.',
  ),
  'http-proxy': supervisor(
    proxy,
    'Reach http hosts by this proxy of your network, or by none, whatever HTTP_PROXY says.',
  ),
  'no-proxy': supervisor(
    list,
    'Reach these hosts without the proxy: names with all names below them, addresses, networks like 10.0.0.0/8.',
  ),
  'login-issuer': supervisor(
    address,
    "Log in and refresh at this address in place of the issuer's own origin; each login keeps it. For a gateway of your network, and for tests.",
  ),
  'ca-file': supervisor(file, "Trust the authorities of this PEM file, beside the system's."),

  'allowed-repositories': supervisor(
    repositories,
    'Run tasks only on these repositories: HOST/OWNER/NAME, HOST/OWNER/*, HOST, or the absolute path of a folder.',
  ),
  'allowed-hosts': supervisor(
    hosts,
    'Let --allow, --base-url and `berth allow` name only these: groups, and HOST[:PORT]. No task may then have a whole network.',
  ),

  'github-app-id': supervisor(appId, 'Use the GitHub App of this id; docs/github.md says how to make one.'),
  'github-installation-id': supervisor(
    positive,
    "Use this installation of the App, and no other; else Berth finds the repository's own.",
  ),
  'github-private-key': supervisor(
    privateKey,
    "Read the App's private key from this PEM file, or from where the reference says.",
  ),
  'github-api-url': supervisor(
    apiUrl,
    'Use the GitHub whose API is here: https://HOST/api/v3 of a GitHub Enterprise Server.',
  ),
  'github-token': supervisor(
    tokenReference,
    'Without an App: use the token that this reference names, such as command:gh auth token.',
  ),
  'github-default-branch': supervisor(
    boolean,
    'Look up the default branch of owner/name, so that --branch may be left out.',
    false,
  ),

  workspace: request(
    string('the path of a folder'),
    'Work in this folder of this machine: Berth makes it, or takes it if it is empty.',
    (workspace) => ({ workspace: absolute(workspace) }),
  ),
  'workspace-template': request(
    string('the path of a folder, with {n} in its name'),
    'Work in the folder of this name with the least number that is free in place of {n}.',
    (workspaceTemplate) => ({ workspaceTemplate: numbered(workspaceTemplate) }),
  ),
  'workspace-prefix': request(
    string('the beginning of the path of a folder'),
    'Work in the folder of this name with the least number that is free behind it.',
    (prefix) => ({ workspaceTemplate: numbered(`${prefix}{n}`) }),
  ),
  'reuse-existing': request(
    boolean,
    'Also take a folder that an ended task on the same repository has left, with its ignored files, such as build caches.',
    (reuseExisting) => ({ reuseExisting }),
  ),
  'startup-script': setting(string('the path of a script, whose text the client sends'), {
    scope: 'request',
    description:
      'Run this script of this machine in the container, before the agent starts there; if it fails, the turn fails.',
    code: 'bad-file',
    toRequest: (startupScript: string) => ({ startupScript }),
  }),
  repo: request(string(), 'Work on this repository: a URL, owner/name, or a local folder.', (repo) => ({ repo })),
  repos: request(
    furtherRepositories,
    'Work on these repositories, too, each in a folder of its own below the work folder: REPOSITORY:FOLDER, or REPOSITORY for a folder of its name.',
    (repos) => ({ repos: repos.map((one) => (typeof one === 'string' ? parseNamedSource(one) : { ...one })) }),
  ),
  ref: request(string(), 'Start from this branch, tag or commit.', (ref) => ({ ref })),
  branch: request(string(), 'Start from this branch.', (branch) => ({ branch })),
  source: request(
    choice('clone', 'copy', 'mount'),
    'Clone the commits of a local folder, copy its files, or mount the folder itself.',
    (source) => ({ source }),
  ),
  'host-permissive': request(
    boolean,
    "With --isolation host: turn off the agent's own approvals and sandbox; it can then do everything that you can.",
    (hostPermissive) => ({ hostPermissive }),
  ),
  mode: request(
    choice('exec', 'review', 'interactive'),
    'Let the agent do the work (exec), let it review the changes of the branch (review), or run its CLI on a terminal (interactive).',
    (mode) => ({
      mode,
    }),
  ),
  'review-base': request(string('the name of a branch'), 'Compare with this branch in a review.', (reviewBase) => ({
    reviewBase,
  })),
  name: request(string(), 'Name the task; commands accept the name in place of the id.', (name) => ({ name })),
  session: request(
    matching(SESSION_NAME, SESSION_NAME_WORDS),
    'Name the session that the task is: the label berth.session.',
    (session) => ({ session }),
  ),
  output: setting(folder, {
    scope: 'request',
    description: 'Keep state.json and transcript.ndjson of the task for other programs, in DIR/ROLE/SESSION.',
    code: 'bad-output',
    toRequest: (output) => ({ output }),
  }),
  'transcript-dir': setting(folder, {
    scope: 'request',
    description: 'Keep transcript.ndjson of the task in DIR/ROLE/SESSION of this folder, not of --output.',
    code: 'bad-output',
    toRequest: (transcriptDir) => ({ transcriptDir }),
  }),
  title: request(string(), 'Give the task a title.', (title) => ({ title })),
  args: request(list, "Pass these arguments to the agent's CLI unchanged.", (args) => ({ providerArgs: [...args] })),
} as const

export type Key = keyof typeof SETTINGS

/** What holds where nothing sets a key that has no value of its own; help and docs print it as the default. */
export const WHEN_UNSET: Partial<Record<Key, string>> = {
  image: "Berth's agent image",
  engine: 'the first engine that answers',
  login: 'the key if there is one, else the login in use',
  memory: formatBytes(STANDARD_LIMITS.memory),
  cpus: 'no limit',
  pids: String(STANDARD_LIMITS.pids),
  'shm-size': "the engine's own, mostly 64 MiB",
  gpus: 'none',
  runtime: "the engine's own",
  depth: 'the whole history',
  'push-to': 'berth/<task>',
  'pr-base': "the task's branch",
  author: "git's user.name and user.email in your shell",
  'ssh-key': 'as your own git does',
  sign: 'no signature',
  'task-timeout': 'no limit',
  'idle-timeout': 'no limit',
  'keep-alive': 'off',
  pool: 'one after a second such task in ten minutes',
  concurrency: 'two a core, at most one a GiB of memory',
  'disk-budget': 'no limit',
  'workspace-base-dir': 'the state folder',
  'mount-roots': 'any folder',
  'env-allow': 'any variable',
  'allowed-repositories': 'any repository',
  'allowed-hosts': 'any host',
  'https-proxy': "the shell's HTTPS_PROXY",
  'http-proxy': "the shell's HTTP_PROXY",
  'no-proxy': "the shell's NO_PROXY",
  'login-issuer': "the issuer's own address",
  'ca-file': "the system's authorities alone",
  'github-app-id': 'no App',
  'github-installation-id': "the repository's",
  'github-private-key': 'none',
  'github-api-url': 'https://api.github.com',
  'github-token': 'none',
  ref: 'the default branch',
  'review-base': "the remote's default branch",
  title: 'the first line of the prompt',
  'output-schema': 'no result',
  'startup-script': 'none',
  workspace: "a folder of Berth's own",
}

export type Values = { readonly [K in Key]: z.output<(typeof SETTINGS)[K]['schema']> | null }

export const KEYS = Object.keys(SETTINGS) as readonly Key[]
/** How people write a setting that is no flag of its name. */
export const FLAG_WORDS: Readonly<Partial<Record<Key, string>>> = { args: '-- ARGS', repos: '--repo A --repo B' }
/** Keys that may stand in a file and in the environment. */
export const FILE_KEYS = KEYS.filter((key) => SETTINGS[key].scope !== 'request')
/** Keys that the supervisor reads for itself. */
export const SUPERVISOR_KEYS = KEYS.filter((key) => SETTINGS[key].scope === 'supervisor')
/** Keys that may change or go in any version. */
export const EXPERIMENTAL_KEYS: readonly Key[] = KEYS.filter((key) => 'experimental' in SETTINGS[key])
/** Lists whose layers add up. */
export const isJoined = (key: Key): boolean => 'joined' in SETTINGS[key]
export const isKey = (name: string): name is Key => Object.hasOwn(SETTINGS, name)
/** The tables of the file that hold settings: the key github-app-id stands as app-id in [github]. */
export const KEY_TABLES = ['github'] as const
/** Where the file has a setting. */
export const filePath = (key: Key): readonly string[] => {
  const table = KEY_TABLES.find((name) => key.startsWith(`${name}-`))
  return table === undefined ? [key] : [table, key.slice(table.length + 1)]
}
/** The name of a setting as the file and `berth config` have it, such as github.app-id. */
export const fileName = (key: Key): string => filePath(key).join('.')
/** The setting that the file has there; undefined for any other place. */
export const keyAt = (path: readonly string[]): Key | undefined =>
  FILE_KEYS.find((key) => fileName(key) === path.join('.'))
/** The settings of a table, by their names in it. */
export const keysOfTable = (table: (typeof KEY_TABLES)[number]): ReadonlyMap<string, Key> =>
  new Map(
    FILE_KEYS.flatMap((key) => {
      const [first, name] = filePath(key)
      return first === table && name !== undefined ? [[name, key] as const] : []
    }),
  )
export const variableOf = (key: string) => `BERTH_${key.toUpperCase().replaceAll('-', '_')}`
