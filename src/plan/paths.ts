import type { TaskRequest } from '../domain/request.ts'
import { taskPaths, workspaceOf } from '../domain/task-paths.ts'
import { FORWARD_PORT, GATEWAY_SOCKET, INSIDE, PROMPT_FILE, WORKER_LOADER } from '../domain/worker-protocol.ts'
import type { Continuation, Facts } from './facts.ts'
import type { Plan } from './plan.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Where things are for worker and agent. */
export type Paths = {
  readonly work: string
  /** The folder the agent starts in. */
  readonly start: string
  readonly home: string
  readonly exchange: string
  readonly prompt: string
  /** Null: the task has no repository. */
  readonly mirror: string | null
  /** Those of the further repositories, in their order. */
  readonly furtherMirrors: readonly string[]
  readonly socket: string
  /** The loopback port that leads to the gateway; 0: a free one, chosen by the worker. */
  readonly port: number
  readonly git: string
  readonly gitExec: string
  /** Folder of the agent's CLI. */
  readonly bin: string
  /** PATH of the agent. */
  readonly path: string
  /** The worker's program, as the agent's git starts it. */
  readonly helper: readonly string[]
  /** The program that takes the order. */
  readonly worker: readonly string[]
}

/** The worker in a container: cleared of the image's variables before the first loader reads one. */
export const workerArgv = (...words: readonly string[]): readonly string[] => [
  `${INSIDE.toolbox}/libexec/start`,
  `${INSIDE.toolbox}/bin/tini`,
  '--',
  // Nobody can look into a running program that nobody may read: not into its memory or files, nor with a debugger.
  ...[`${INSIDE.toolbox}/lib/${WORKER_LOADER}`, '--library-path', `${INSIDE.toolbox}/lib`],
  ...[`${INSIDE.toolbox}/libexec/node`, '--disable-sigusr1'],
  `${INSIDE.toolbox}/worker/main.cjs`,
  ...words,
]

/** Where a container has the mirror of a repository beside the main one. */
export const mirrorInside = (folder: string): string => `${INSIDE.mirrors}/${folder}.git`

const inside = (request: TaskRequest, facts: Facts): Paths => ({
  work: INSIDE.work,
  start: request.workdir ?? INSIDE.work,
  home: INSIDE.home,
  exchange: INSIDE.exchange,
  prompt: `${INSIDE.exchange}/${PROMPT_FILE}`,
  mirror: facts.source.kind === 'clone' ? INSIDE.mirror : null,
  furtherMirrors: (facts.further ?? []).map(({ folder }) => mirrorInside(folder)),
  socket: `${INSIDE.gateway}/${GATEWAY_SOCKET}`,
  port: FORWARD_PORT,
  git: `${INSIDE.toolbox}/libexec/git-core/git`,
  gitExec: `${INSIDE.toolbox}/libexec/git-core`,
  bin: `${INSIDE.toolbox}/bin`,
  path: `${facts.image.path || PATH}:${INSIDE.toolbox}/bin`,
  helper: [`${INSIDE.toolbox}/bin/node`, `${INSIDE.toolbox}/worker/main.cjs`],
  worker: workerArgv(INSIDE.exchange),
})

/** Translates a folder's name in a container to its place on the host. */
const startOf = (workdir: string | undefined, work: string): string => {
  if (workdir === undefined || workdir === INSIDE.work) return work
  return workdir.startsWith(`${INSIDE.work}/`) ? `${work}${workdir.slice(INSIDE.work.length)}` : workdir
}

/** The one place that knows where things are: inside a container, or on the host. */
export const planPaths = (request: TaskRequest, facts: Facts, next: Continuation): Paths => {
  const { host, source, further = [], folders } = facts
  if (host === null) return inside(request, facts)
  const own = taskPaths(folders.task)
  const work = source.kind === 'mount' ? source.folder : workspaceOf(folders)
  const exchange = own.exchange(next)
  return {
    work,
    start: startOf(request.workdir, work),
    home: own.home,
    exchange,
    prompt: `${exchange}/${PROMPT_FILE}`,
    mirror: source.kind === 'clone' ? source.mirror : null,
    furtherMirrors: further.map(({ mirror }) => mirror),
    socket: `${folders.socket}/${GATEWAY_SOCKET}`,
    port: 0,
    git: host.git,
    gitExec: host.gitExec,
    bin: host.bin,
    path: host.path,
    helper: [host.node, host.worker],
    worker: [
      ...(host.init === null ? [] : [host.init, '-s', '--']),
      host.node,
      '--disable-sigusr1',
      host.worker,
      exchange,
    ],
  }
}

/** Where a helper of the plan's task finds the folder that is its exchange on the host. */
export const exchangeInside = (plan: Pick<Plan, 'isolation'>, exchange: string): string =>
  plan.isolation === 'host' ? exchange : INSIDE.exchange
