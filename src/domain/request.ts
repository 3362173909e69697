import * as z from 'zod'
import { commandProvider } from './command-provider.ts'
import { loginHeaderProblem } from './login-headers.ts'
import { LOGIN_NAME } from './login-name.ts'
import { CONTACT, CONTACT_WORDS, TAG, TAG_WORDS } from './operator-words.ts'
import { person } from './person.ts'
import { POLICIES } from './policy.ts'
import { MOST_REPOSITORIES, REPOSITORY_FOLDER, REPOSITORY_FOLDER_WORDS } from './repository-folder.ts'
import { SCHEMA_BYTES } from './result-limits.ts'
import { MANIFEST_NAME, OWNER_NAME, OWNER_NAME_WORDS, SESSION_NAME, SESSION_NAME_WORDS } from './session-labels.ts'
import { parseSigning } from './signing.ts'
import { STARTUP_BYTES } from './startup-script.ts'
import { SUBMODULE_RULES } from './submodule-url.ts'
import { TASK_ID } from './task-id.ts'
import { ulimitName } from './ulimit-names.ts'

const labels = z.record(
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'letters, digits and . _ / -, at most 63'),
  z.string().max(255),
)

const rules = z
  .array(z.strictObject({ target: z.string().max(2048), origin: z.enum(['flag', 'configuration', 'preset']) }))
  .max(1000, 'at most 1000 rules')
  .prefault([])

const port = z.int().min(1, 'a port is 1 to 65535').max(65535, 'a port is 1 to 65535')

/** An index, a UUID, or a name of CDI such as nvidia.com/gpu=0. */
const gpuId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/=-]{0,99}$/, 'letters, digits and . _ / = -, at most 100')

const devices = z
  .array(
    z.strictObject({
      source: z.string().regex(/^\/dev\/[^:]+$/, 'a path below /dev'),
      target: z.string().regex(/^\/dev\/[^:]+$/, 'a path below /dev'),
      access: z.string().regex(/^(?=.)r?w?m?$/, 'some of rwm'),
    }),
  )
  .max(100)
  .prefault([])

const publish = z
  .array(
    z.strictObject({
      address: z.union([z.ipv4(), z.ipv6()]).prefault('127.0.0.1'),
      hostPort: port,
      port,
      protocol: z.enum(['tcp', 'udp']).prefault('tcp'),
    }),
  )
  .max(100)
  .prefault([])

const ulimits = z
  .array(z.strictObject({ name: ulimitName, soft: z.int().min(0), hard: z.int().min(0) }))
  .max(20)
  .prefault([])

/** A login, or ORG/TEAM. */
const reviewer = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}(\/[A-Za-z0-9][A-Za-z0-9_.-]{0,99})?$/, 'a login, or ORG/TEAM')

/** Tasks that must be over before this one begins, by the names that its prompt has for them. */
const after = z
  .array(
    z.strictObject({
      name: z.string().regex(SESSION_NAME, SESSION_NAME_WORDS),
      task: z.string().regex(TASK_ID),
    }),
  )
  .min(1)
  .max(100, 'at most 100')
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once')

/** Beside the main repository; the folder is the source's last name without one. */
const repos = z
  .array(
    z.strictObject({
      repo: z.string().min(1),
      folder: z.string().regex(REPOSITORY_FOLDER, REPOSITORY_FOLDER_WORDS).optional(),
      ref: z.string().optional(),
      branch: z.string().optional(),
    }),
  )
  .max(MOST_REPOSITORIES - 1, `at most ${MOST_REPOSITORIES} repositories`)
  .prefault([])

/** How a request names a key without containing it. */
export const REFERENCE = /^(env|file|command):./s
export const REFERENCE_FORMS = 'env:NAME, file:/PATH or command:PROGRAM ARG'

/** Limits of a task that asks for none: memory in bytes, processes and threads. */
export const STANDARD_LIMITS = { memory: 8 * 1024 ** 3, pids: 4096 } as const

/**
 * A request for a task, after Berth has merged all configuration. The one shape for the CLI, the API and, later,
 * manifests and triggers. Sizes are bytes, times milliseconds.
 */
export const taskRequest = z.strictObject({
  prompt: z.string(),
  title: z.string().max(200).optional(),
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, 'lower-case letters, digits and -, at most 40')
    .optional(),
  agent: z.string().prefault('codex'),
  /** The agent's table of the config file, if it has one, as it was then: later changes do not affect this task. */
  command: commandProvider.optional(),
  model: z.string().min(1).max(200).optional(),
  providerArgs: z.array(z.string()).prefault([]),
  providerOptions: z.record(z.string(), z.string()).prefault({}),
  baseUrl: z.string().optional(),
  repo: z.string().optional(),
  ref: z.string().optional(),
  branch: z.string().optional(),
  /** The folder of the main repository, if there are several; the source's last name without it. */
  folder: z.string().regex(REPOSITORY_FOLDER, REPOSITORY_FOLDER_WORDS).optional(),
  /** Further repositories of the task. */
  repos,
  pushTo: z.string().optional(),
  push: z.enum(['runner', 'none']).prefault('runner'),
  pushRetries: z.int().min(0).max(100).prefault(3),
  /** Whether a token of the forge is in the sandbox too. */
  gitCredentials: z.enum(['outside', 'inside']).prefault('outside'),
  /** The path of the private key with which git outside reaches the repository by ssh. */
  sshKey: z
    .string()
    .regex(/^(~\/|\/)/)
    .optional(),
  /** A copy of the key goes into the container. */
  sshKeyInside: z.boolean().prefault(false),
  /** Open a pull request for the pushed branch; absent: only if it is to be a draft. */
  pr: z.boolean().optional(),
  prDraft: z.boolean().prefault(false),
  /** The branch that the pull request shall go into; the task's branch without it. */
  prBase: z.string().optional(),
  prLabels: z.array(z.string().min(1).max(50, 'at most 50 characters')).max(100).prefault([]),
  /** Logins of people, or ORG/TEAM. */
  prReviewers: z.array(reviewer).max(100).prefault([]),
  /** The author of the task's commits; the committer stays the publisher. */
  author: person.optional(),
  /** They get a Co-authored-by trailer each. */
  coAuthors: z.array(person).max(50, 'at most 50').prefault([]),
  /** How the commits are signed, as parseSigning reads it: a key by its reference, never itself. */
  sign: z
    .string()
    .superRefine((text, context) => {
      const read = parseSigning(text)
      if (!read.ok) context.addIssue({ code: 'custom', message: read.error })
    })
    .optional(),
  mode: z.enum(['exec', 'review', 'interactive']).prefault('exec'),
  /** The branch that a review compares with; the remote's default branch without it. */
  reviewBase: z.string().optional(),
  source: z.enum(['clone', 'copy', 'mount']).prefault('clone'),
  /** How many commits of history the task's clone has; all of it without it. The mirror has all of it in any case. */
  depth: z.int().min(1).max(1000, 'at most 1000').optional(),
  /** Which submodules the task's clone has: by the host that their URLs name. */
  submodules: z.enum(SUBMODULE_RULES).prefault('none'),
  /** The work tree is an overlay on a checkout shared by tasks on the same commit. */
  sharedTree: z.boolean().prefault(false),
  /** Whether the host brings and takes the contents of files of Git LFS. */
  lfs: z.enum(['on', 'off']).prefault('on'),
  uncommitted: z.enum(['commit', 'keep', 'discard']).prefault('commit'),
  /** host: no container and no sandbox. Berth never chooses it by itself. */
  isolation: z.enum(['container', 'host']).prefault('container'),
  /** On the host: the agent's own approvals and sandbox are off. */
  hostPermissive: z.boolean().prefault(false),
  engine: z.string().optional(),
  image: z.string().optional(),
  pull: z.enum(['missing', 'always', 'never']).prefault('missing'),
  policy: z.enum(POLICIES).prefault('sandboxed'),
  /** What the task may reach beside its model, as the user wrote it, and where that was written. */
  allow: rules,
  /** What it may not reach, whatever allows it. */
  deny: rules,
  /** Where keys come from, by the variable that would hold them: `SCHEME:NAME`. */
  credentials: z.record(z.string(), z.string().regex(REFERENCE, `write ${REFERENCE_FORMS}`)).prefault({}),
  /** The login that the task uses, by its name; `none`: a key. Absent: the key if there is one, else the login in use. */
  login: z.string().regex(LOGIN_NAME, 'lower-case letters, digits and -, at most 40').optional(),
  /** How the CLI reaches its model on a login: by the base URL of the sandbox, or by the service's own address. */
  loginRoute: z.enum(['base-url', 'tls']).prefault('base-url'),
  /** The login's credential file goes into the container, and is taken back. */
  loginInside: z.boolean().prefault(false),
  /** Headers that the gateway sets on requests of a login. They are no secrets. */
  loginHeaders: z
    .record(z.string(), z.string())
    .superRefine((headers, context) => {
      const problem = loginHeaderProblem(headers)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .optional(),
  /** Names of the agent's own variables. Their values go beside the request and are never stored. */
  envFrom: z.array(z.string()).prefault([]),
  /** Those of them whose value came from the command line: a later turn cannot find it anywhere else. */
  envGiven: z.array(z.string()).optional(),
  /** The selected profile of the config file: a further turn reads its variables again. */
  profile: z.string().optional(),
  /** The selected preset, likewise. */
  preset: z.string().optional(),
  volumes: z.array(z.strictObject({ source: z.string(), target: z.string(), readOnly: z.boolean() })).prefault([]),
  /** Nobody can change the image's files in the container. */
  readOnly: z.boolean().prefault(false),
  tmpfs: z.array(z.strictObject({ target: z.string(), options: z.array(z.string()) })).prefault([]),
  /** Options of SELinux labels: `disable`, or PART:VALUE. */
  securityLabel: z.array(z.string()).prefault([]),
  /** The path of the profile's file on this machine. */
  seccompProfile: z.string().optional(),
  /** The name of a loaded profile, or the path of its file. */
  apparmorProfile: z.string().optional(),
  /** A name of the time zone database. */
  timezone: z.string().optional(),
  /** The agent's LANG and LC_ALL. */
  locale: z.string().optional(),
  workdir: z.string().optional(),
  memory: z
    .int()
    .min(6 * 1024 * 1024)
    .optional(),
  cpus: z.number().positive().max(1024).optional(),
  pids: z.int().min(16).max(4194304).optional(),
  /** The size of /dev/shm. */
  shmSize: z
    .int()
    .min(64 * 1024, 'at least 64k')
    .optional(),
  ulimits,
  gpus: z.union([z.literal('all'), z.int().min(1).max(64), z.array(gpuId).min(1).max(64)]).optional(),
  devices,
  publish,
  /** An OCI runtime that the engine knows by this name. Never a path: it would name a program of the machine. */
  runtime: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'letters, digits and . _ -, at most 63')
    .optional(),
  user: z.strictObject({ uid: z.int().min(1), gid: z.int().min(0) }).optional(),
  labels: labels.prefault({}),
  /** The session, the role and the owner that the task and its containers are labelled with. */
  session: z.string().regex(SESSION_NAME, SESSION_NAME_WORDS).optional(),
  role: z.string().regex(SESSION_NAME, SESSION_NAME_WORDS).optional(),
  owner: z.string().regex(OWNER_NAME, OWNER_NAME_WORDS).optional(),
  /** The manifest that the task is a session of, and the hash of what the session's row says. */
  manifest: z
    .strictObject({ name: z.string().regex(MANIFEST_NAME), hash: z.string().regex(/^[0-9a-f]{64}$/) })
    .optional(),
  /** Words about the task, which other programs read. */
  tags: z.array(z.string().regex(TAG, TAG_WORDS)).max(50, 'at most 50').prefault([]),
  /** Whom to ask about the task. */
  operatorContact: z.string().regex(CONTACT, CONTACT_WORDS).optional(),
  /** The folder below which Berth keeps the task's state and transcript for other programs; an absolute path. */
  output: z.string().optional(),
  /** The folder below which Berth keeps the transcript, if not below `output`. */
  transcriptDir: z.string().optional(),
  turnTimeout: z
    .int()
    .min(1000)
    .prefault(24 * 3600_000),
  /** Of all turns together. */
  taskTimeout: z.int().min(1000).optional(),
  /** Limit of the time without output of the agent. */
  idleTimeout: z.int().min(1000).optional(),
  /** How long a turn's container stays warm for a further prompt. */
  keepAlive: z
    .int()
    .min(0)
    .max(7 * 24 * 3600_000, 'at most 7d')
    .optional(),
  /** How many pre-started sandboxes to keep for further tasks of the same shape; 0 for none. */
  pool: z.int().min(0, '0 or more').max(20, 'at most 20').optional(),
  outputLimit: z
    .int()
    .min(65536)
    .prefault(1024 ** 3),
  /** The JSON Schema that the agent's last message must fit. */
  outputSchema: z
    .record(z.string(), z.unknown())
    .refine((schema) => Buffer.byteLength(JSON.stringify(schema)) <= SCHEMA_BYTES, 'at most 64 KiB')
    .optional(),
  /** How often Berth asks again for a result that fits. */
  outputTries: z.int().min(0, '0 or more').max(10, 'at most 10').prefault(2),
  /** The folder of this machine that becomes its work tree; absent: one of Berth's own. */
  workspace: z.string().max(4000).optional(),
  /** The same, with `{n}` for the least number that is free. */
  workspaceTemplate: z.string().max(4000).optional(),
  /** A folder that an ended task left counts as free. */
  reuseExisting: z.boolean().prefault(false),
  /** The text of the script that runs in each new container before the agent. */
  startupScript: z
    .string()
    .min(1, 'it is empty')
    .refine((text) => Buffer.byteLength(text) <= STARTUP_BYTES, 'at most 256 KiB')
    .refine((text) => !text.includes('\0'), 'it has a NUL byte')
    .optional(),
  priority: z.int().min(-1000).max(1000).prefault(0),
  /** The task is queued until these tasks are done. */
  after: after.optional(),
  /** What it does if one of them fails, is stopped, dies or is removed. Absent: it fails. */
  afterFailed: z.enum(['fail', 'run']).optional(),
  /** How often to retry a turn that ended on a rate limit or network error. */
  retries: z.int().min(0).max(100).prefault(0),
  retryDelay: z.int().min(1000).prefault(30_000),
  rateLimit: z.enum(['wait', 'fail']).prefault('wait'),
})

export type TaskRequest = z.output<typeof taskRequest>

/** A draft is one too, unless the request says no. */
export const wantsPullRequest = ({ pr, prDraft }: Pick<TaskRequest, 'pr' | 'prDraft'>): boolean => pr ?? prDraft
