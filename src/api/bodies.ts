import * as z from 'zod'
import { taskRequest } from '../domain/request.ts'
import { MANIFEST_NAME, SESSION_NAME, SESSION_NAME_WORDS } from '../domain/session-labels.ts'
import { TASK_ID } from '../domain/task-id.ts'
import { FILE_NAME, MOST_FILES } from '../domain/turn-file.ts'

const caller = z
  .strictObject({
    cwd: z.string(),
    uid: z.int().min(0),
    gid: z.int().min(0),
    env: z.record(z.string(), z.string()),
  })
  .meta({ id: 'CallerContext', description: "The folder, user and variables of the caller's shell." })

const taskId = z.string().regex(TASK_ID)
const files = z
  .array(z.strictObject({ name: z.string().regex(FILE_NAME, 'not a plain file name'), data: z.base64() }))
  .max(MOST_FILES)
  .prefault([])
  .describe('Files that go with the prompt.')
const settings = z
  .record(z.string(), z.unknown())
  .prefault({})
  .describe('Settings by their key: each value is a text, a list of texts, a number or a boolean.')
const profile = z.string().optional().describe('The name of a profile in the config file.')
const env = z
  .array(z.string())
  .prefault([])
  .describe("Variables for the agent: NAME=VALUE, or NAME for the caller's own value.")
const forced = (what: string) => z.strictObject({ force: z.boolean().prefault(false).describe(what) })

export const submitBody = z.strictObject({
  id: taskId
    .optional()
    .describe('An id that the caller chooses; a submit that is sent twice with it creates one task.'),
  prompt: z.string(),
  settings,
  profile,
  files,
  after: taskRequest.shape.after.describe(
    'Tasks that must be done before this one begins, by the names that its prompt has for them.',
  ),
  afterFailed: taskRequest.shape.afterFailed.describe(
    'What the task does if one of them is lost: `fail`, or `run` all the same.',
  ),
  loginFromHost: z
    .boolean()
    .prefault(false)
    .describe("First store a copy of the login that the caller's own CLI has, under the name of `login`, or `host`."),
  caller,
})

const sessionName = z.string().regex(SESSION_NAME, SESSION_NAME_WORDS)
const sessionRow = z.strictObject({
  session: sessionName.describe('The id of the session.'),
  row: z.int().min(1).describe('The number of the session in its manifest, from 1.'),
  id: taskId.optional().describe('An id of the task that the caller chooses.'),
  prompt: z.string(),
  settings,
  after: z.array(sessionName).max(100).prefault([]).describe('The ids of the sessions that it waits for.'),
  afterFailed: taskRequest.shape.afterFailed.describe(
    'What it does if one of them is lost: `fail`, or `run` all the same.',
  ),
})
export const sessionsBody = z.strictObject({
  manifest: z
    .string()
    .regex(MANIFEST_NAME)
    .describe('The name of the manifest. A session of this name and this id is the same session.'),
  rows: z.array(sessionRow).min(1).max(1000),
  profile: profile.describe('The profile of the rows that name none.'),
  output: z.string().optional().describe('The output of every row, whatever its settings say; an absolute path.'),
  dryRun: z.boolean().prefault(false).describe('Plan the sessions, and create none.'),
  caller,
})
export const callerBody = z.strictObject({ caller })
export const sendBody = z.strictObject({
  prompt: z.string(),
  interrupt: z.boolean().prefault(false).describe('Stop the running turn first.'),
  key: z
    .string()
    .max(64)
    .optional()
    .describe('A text that the caller chooses; a prompt that is sent twice with it makes one turn.'),
  files,
  env,
  caller,
})
export const forkBody = z.strictObject({
  id: taskId.optional().describe('An id that the caller chooses; a fork that is sent twice with it creates one task.'),
  turn: z.int().min(1).optional().describe('Fork from the end of this turn (default: the last turn).'),
  prompt: z.string().optional(),
  name: taskRequest.shape.name,
  title: taskRequest.shape.title,
  newSession: z.boolean().prefault(false).describe("Take only the work, without the agent's session."),
  files,
  env,
  caller,
})
export const editBody = z.strictObject({ prompt: z.string() })
export const resumeBody = z.strictObject({
  key: z
    .string()
    .max(64)
    .optional()
    .describe('A text that the caller chooses; a resume that is sent twice with it makes one attempt.'),
  env,
  caller,
})
export const stopBody = z.strictObject({
  now: z.boolean().prefault(false).describe('Kill the agent at once, without time to end by itself.'),
})
export const rulesBody = z.strictObject({
  targets: z
    .array(z.string())
    .min(1, 'name a target')
    .max(100, 'at most 100 targets')
    .describe('Groups or hosts, as --allow takes them.'),
})
export const pushBody = z.strictObject({ caller, to: z.string().optional().describe('The branch to push to.') })
export const pullRequestBody = z.strictObject({
  caller,
  draft: z.boolean().optional().describe('Open it as a draft. One that is open already stays as it is.'),
})
export const removeBody = forced('Remove the task even if it is running or has work that exists nowhere else.').extend({
  dryRun: z.boolean().prefault(false).describe('Say whether the task would be removed, without removing it.'),
})
export const archiveBody = forced('Archive even if the workspace has work that exists nowhere else.')

export const authBody = z.strictObject({
  agents: z.array(z.string()).prefault([]).describe('The agents; an empty list means all.'),
  check: z.boolean().prefault(false).describe('Try each key at its model server.'),
  settings,
  profile,
  caller,
})

const agent = z.string().describe('The agent, e.g. codex.')
const loginName = z.string().max(100).describe('The name of the login.')
export const tokenBody = z.strictObject({
  agent,
  service: z.string().optional().describe('Of an agent with several services: the one of the token.'),
  name: loginName,
  token: z
    .string()
    .max(64 * 1024, 'at most 64 KiB')
    .describe('A token that the agent gives its users, such as that of `claude setup-token`.'),
})
export const copyBody = z.strictObject({
  agent,
  service: z.string().optional().describe('Of an agent with several services: the one to copy the login of.'),
  name: loginName,
  caller,
})
export const loginBody = z.strictObject({ agent, name: loginName })
export const logoutBody = loginBody.extend({
  force: z.boolean().prefault(false).describe('Remove the login even if tasks use it now.'),
})

export const pruneBody = z.strictObject({
  dryRun: z.boolean().prefault(false),
  force: z.boolean().prefault(false),
  olderThanMs: z.number().min(0).optional(),
  states: z
    .array(z.enum(['ready', 'done', 'failed', 'stopped', 'died']))
    .min(1)
    .optional(),
  labels: z
    .record(z.string(), z.string())
    .optional()
    .describe('Prune only tasks that have all these labels, and no logs, trees or mirrors.'),
  maxBytes: z.int().min(0).optional().describe('How many bytes the state folder may have.'),
})

const side = z.int().min(1).max(65_535)
export const execSize = z.strictObject({ columns: side, rows: side })
/** The first frame of `exec`. */
export const execOpening = z.strictObject({
  argv: z.array(z.string()).min(1),
  tty: z.strictObject({ columns: side, rows: side, term: z.string() }).nullable(),
  /** The command has neither input nor output, and nobody waits for it: the answer is `exit` with 0 when it runs. */
  detach: z.boolean().prefault(false),
})

const cells = z.int().min(0)
export const attachSize = z.strictObject({ columns: cells, rows: cells })
/** The first frame of `attach`. A size that no terminal has is `no-terminal`. */
export const attachOpening = attachSize.extend({
  readOnly: z.boolean().prefault(false),
  take: z.boolean().prefault(false),
  who: z.string().max(1000).prefault(''),
})
/** The first frame of `signIn`. */
export const signInOpening = z.strictObject({
  service: z.string().optional(),
  name: z.string(),
  browser: z.boolean().prefault(false),
  tty: execOpening.shape.tty,
  settings,
  profile,
  caller,
})
/** The frames `state` of `signIn`: first `id` and the port that the browser is sent to, at the end the login. */
export type SignInState =
  | { readonly id: string; readonly callbackPort: number | null }
  | {
      readonly login: {
        readonly provider: string
        readonly name: string
        readonly who: string | null
        readonly plan: string | null
      }
    }
export type SubmitBody = z.input<typeof submitBody>
