import type { TaskRequest } from '../domain/request.ts'
import {
  FORWARD_PORT,
  GATEWAY_SOCKET,
  INSIDE,
  PROMPT_FILE,
  PROTOCOL,
  type WorkOrder,
} from '../domain/worker-protocol.ts'
import type { Command } from '../providers/provider.ts'
import type { Continuation, Facts } from './facts.ts'
import { KEPT_MARGIN_MS } from './kept.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const HOLD_MS = 30_000

const firstLine = (text: string) => (text.split('\n').find((line) => line.trim() !== '') ?? '').trim()

const workspaceOf = (facts: Facts): WorkOrder['workspace'] => {
  if (facts.source.kind !== 'clone') return { kind: facts.source.kind }
  const { sha: base, url } = facts.source
  return { kind: 'clone', mirror: INSIDE.mirror, base, branch: facts.source.branch ?? `berth/${facts.task}`, url }
}

/** A turn has its own time, and what is left of the task's. */
const limitsOf = (request: TaskRequest, { activeMs }: Continuation): WorkOrder['limits'] => {
  const { turnTimeout, taskTimeout, outputLimit: outputBytes, idleTimeout } = request
  const left = taskTimeout === undefined ? Number.POSITIVE_INFINITY : Math.max(0, taskTimeout - activeMs)
  return {
    ...(left < turnTimeout ? { turnMs: left, turnOf: 'task' } : { turnMs: turnTimeout }),
    outputBytes,
    ...(idleTimeout === undefined ? {} : { idleMs: idleTimeout }),
  }
}

/** What the worker is told to do in one turn. */
export const planOrder = (
  request: TaskRequest,
  facts: Facts,
  next: Continuation,
  command: Command,
  sessionPaths: readonly string[],
): WorkOrder => ({
  protocol: PROTOCOL,
  task: facts.task,
  turn: next.turn,
  attempt: next.attempt,
  paths: {
    work: INSIDE.work,
    home: INSIDE.home,
    exchange: INSIDE.exchange,
    git: `${INSIDE.toolbox}/libexec/git-core/git`,
    gitExec: `${INSIDE.toolbox}/libexec/git-core`,
  },
  identity: { name: facts.identity.name, email: facts.identity.email },
  workspace: workspaceOf(facts),
  keepHome: [...sessionPaths, '.cache'],
  forward: { port: FORWARD_PORT, socket: `${INSIDE.gateway}/${GATEWAY_SOCKET}`, holdMs: HOLD_MS },
  run: {
    ...command,
    env: {
      PATH: `${facts.image.path ?? PATH}:${INSIDE.toolbox}/bin`,
      HOME: INSIDE.home,
      USER: 'agent',
      LANG: 'C.UTF-8',
      BERTH_TASK: facts.task,
      ...command.env,
    },
    cwd: request.workdir ?? INSIDE.work,
  },
  limits: limitsOf(request, next),
  finish:
    facts.source.kind === 'clone' || facts.source.kind === 'copy'
      ? {
          uncommitted: request.uncommitted,
          message: firstLine(request.title ?? request.prompt).slice(0, 72) || `Work of ${facts.task}`,
          trailer: `Berth-Task: ${facts.task}`,
        }
      : null,
  ...(request.keepAlive ? { keepAliveMs: request.keepAlive + KEPT_MARGIN_MS } : {}),
})

export const promptPath = `${INSIDE.exchange}/${PROMPT_FILE}`
