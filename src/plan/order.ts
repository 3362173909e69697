import { tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import { STARTUP_FILE } from '../domain/startup-script.ts'
import { taskPaths } from '../domain/task-paths.ts'
import { type CloneWorkspace, INSIDE, PROTOCOL, type WorkOrder } from '../domain/worker-protocol.ts'
import { firstLine } from '../std/first-line.ts'
import type { AgentCommand } from './agent-command.ts'
import type { CloneSource, Continuation, Facts } from './facts.ts'
import { planGitFiles } from './git-files.ts'
import { writableOf, zoneVariable } from './hardening.ts'
import { lfsFilter } from './lfs-filter.ts'
import type { Paths } from './paths.ts'
import type { SharedTree } from './plan.ts'
import { forkParts } from './plan-fork.ts'
import { proxyEnvironment } from './proxy-environment.ts'
import { sshKeyEnvironment } from './ssh-key.ts'
import { tokenEnvironment } from './token-inside.ts'
import { keepsWarm, WARM_MARGIN_MS } from './warm-container.ts'

const HOLD_MS = 30_000

const cloneOf = (
  { sha: base, url, branch, submodules, folder }: CloneSource,
  mirror: string,
  { facts, request, paths }: Pick<Input, 'facts' | 'request' | 'paths'>,
): CloneWorkspace => {
  const { depth } = request
  const lfs = lfsFilter(request, paths)
  return {
    ...{ kind: 'clone', mirror, base, branch: branch ?? `berth/${facts.task}`, url },
    ...(depth !== undefined && { depth }),
    ...(submodules && { modules: facts.host === null ? INSIDE.modules : taskPaths(facts.folders.task).modules }),
    ...(folder !== undefined && { folder }),
    ...(lfs !== undefined && { lfs }),
  }
}

const workspaceOf = (
  facts: Facts,
  mirror: string,
  { request, next: { fork }, tree, paths }: Pick<Input, 'request' | 'next' | 'tree' | 'paths'>,
): WorkOrder['workspace'] => {
  if (facts.source.kind !== 'clone') return { kind: facts.source.kind }
  const clone = cloneOf(facts.source, mirror, { facts, request, paths })
  const begin =
    fork === undefined ? {} : { fork: { head: fork.head, wip: fork.wip, objects: forkParts(fork, clone.base).work } }
  const lies = tree === undefined ? {} : { tree: { sha: tree.sha, index: INSIDE.index } }
  const left = facts.folders.named?.reused === true ? { reused: true as const } : {}
  return { ...clone, ...begin, ...lies, ...left }
}

const furtherOf = ({
  facts,
  request,
  paths,
}: Pick<Input, 'facts' | 'request' | 'paths'>): Pick<WorkOrder, 'further'> =>
  facts.further === undefined
    ? {}
    : {
        further: facts.further.map((source, at) => ({
          ...cloneOf(source, paths.furtherMirrors[at] ?? '', { facts, request, paths }),
          folder: source.folder,
        })),
      }

/** A turn has its own time limit, and the rest of the task's. */
const limitsOf = (request: TaskRequest, { activeMs }: Continuation): WorkOrder['limits'] => {
  const { turnTimeout, taskTimeout, outputLimit: outputBytes, idleTimeout } = request
  const left = taskTimeout === undefined ? Number.POSITIVE_INFINITY : Math.max(0, taskTimeout - activeMs)
  return {
    ...(left < turnTimeout ? { turnMs: left, turnOf: 'task' } : { turnMs: turnTimeout }),
    outputBytes,
    ...(idleTimeout === undefined ? {} : { idleMs: idleTimeout }),
  }
}

/** Whether the gateway is the only way out. */
const isSandboxed = (request: TaskRequest): boolean => tierOf(request)?.network === 'gateway'

/** What the agent has of its sandbox, beside its own variables. */
export const agentEnvironment = (
  request: TaskRequest,
  facts: Facts,
  paths: Paths,
): Readonly<Record<string, string>> => ({
  PATH: paths.path,
  HOME: paths.home,
  ...(facts.host === null ? {} : { USER: facts.host.user, LANG: facts.host.lang }),
  ...(request.locale === undefined ? {} : { LANG: request.locale, LC_ALL: request.locale }),
  ...zoneVariable(request),
  BERTH_TASK: facts.task,
  ...tokenEnvironment(facts),
  ...sshKeyEnvironment(request),
  ...(isSandboxed(request) ? proxyEnvironment(paths, request.envFrom) : {}),
})

const sessionOf = ({ sessionPaths, print, next }: Input): NonNullable<WorkOrder['session']> => {
  const restore = next.fork?.session != null
  return print === undefined
    ? { paths: sessionPaths, restore }
    : { paths: [...sessionPaths, print.path], restore, print }
}

/** A script without a line that names its interpreter is one of the shell. */
const startupOf = ({ startupScript: text }: TaskRequest, { home }: Paths): Pick<WorkOrder, 'startup'> => {
  if (text === undefined) return {}
  const file = `${home}/${STARTUP_FILE}`
  return { startup: { argv: text.startsWith('#!') ? [file] : ['/bin/sh', file], path: STARTUP_FILE, text } }
}

type Input = {
  readonly request: TaskRequest
  readonly facts: Facts
  readonly next: Continuation
  readonly paths: Paths
  readonly command: AgentCommand
  readonly sessionPaths: readonly string[]
  /** The login's file below home. */
  readonly given?: string | undefined
  /** For a CLI on a terminal whose session is no text. */
  readonly print: NonNullable<WorkOrder['session']>['print'] | undefined
  readonly tree: SharedTree | undefined
}

const committers = ({ author }: TaskRequest, { identity }: Facts): Pick<WorkOrder, 'identity' | 'author'> => ({
  identity: { name: identity.name, email: identity.email },
  ...(author === undefined ? {} : { author }),
})

/** The worker's order for one turn. */
export const planOrder = (input: Input): WorkOrder => {
  const { request, facts, next, paths, command } = input
  const git = planGitFiles(request, facts, paths)
  return {
    protocol: PROTOCOL,
    task: facts.task,
    turn: next.turn,
    attempt: next.attempt,
    paths: { work: paths.work, home: paths.home, exchange: paths.exchange, git: paths.git, gitExec: paths.gitExec },
    ...committers(request, facts),
    workspace: workspaceOf(facts, paths.mirror ?? '', input),
    ...furtherOf(input),
    keepHome: [...input.sessionPaths, '.cache', ...(input.given === undefined ? [] : [input.given])],
    ...(input.given === undefined ? {} : { given: [input.given] }),
    ...(input.sessionPaths.length === 0 ? {} : { session: sessionOf(input) }),
    ...startupOf(request, paths),
    forward: {
      port: paths.port,
      socket: paths.socket,
      holdMs: HOLD_MS,
      ...(facts.host === null ? { callers: true } : {}),
      ...(isSandboxed(request) ? { alone: true } : {}),
    },
    ...(git.length === 0 ? {} : { gitFiles: git }),
    run: { ...command, env: { ...agentEnvironment(request, facts, paths), ...command.env }, cwd: paths.start },
    ...(request.locale === undefined ? {} : { locale: request.locale }),
    ...writableOf(request, facts),
    limits: limitsOf(request, next),
    finish:
      facts.source.kind === 'clone' || facts.source.kind === 'copy'
        ? {
            uncommitted: request.mode === 'review' ? 'discard' : request.uncommitted,
            message: firstLine(request.title ?? request.prompt).slice(0, 72) || `Work of ${facts.task}`,
            trailer: `Berth-Task: ${facts.task}`,
          }
        : null,
    ...(keepsWarm(request) ? { keepAliveMs: request.keepAlive + WARM_MARGIN_MS } : {}),
  }
}
