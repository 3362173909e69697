import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../domain/request.ts'
import type { TurnFile } from '../domain/turn-file.ts'
import type { Facts } from '../plan/facts.ts'
import { makePlan } from '../plan/make-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { Provider } from '../providers/provider.ts'
import { formatDuration } from '../std/duration.ts'
import type { Deps } from './deps.ts'
import { keptContainer } from './kept-container.ts'
import type { LiveTask } from './live-task.ts'
import { observeHost } from './observe-host.ts'
import { planOf } from './plan-of.ts'

const isFilled = (folder: string) => existsSync(folder) && readdirSync(folder).length > 0

/** The repository as the first turn found it: a later turn goes on in its workspace and asks no remote. */
const sourceOf = (before: Plan, live: LiveTask): Facts['source'] => {
  const { source } = before
  if (source.kind === 'none') return source
  if (source.kind === 'clone') {
    // A rebase of its work has moved it.
    const sha = live.record.repository.base ?? source.sha
    return { ...source, sha, mirrorExists: existsSync(join(source.mirror, 'HEAD')), uncommitted: [] }
  }
  const { kind, folder } = source
  const hasGit = existsSync(join(folder, '.git'))
  if (kind === 'mount') return { kind, folder, hasGit, owner: before.container.user }
  return { kind, folder, hasGit, ...(isFilled(before.folders.workspace) ? { copied: true } : {}) }
}

/** What was asked of the task at its start, with another prompt. */
export const requestOf = (live: LiveTask, prompt: string): TaskRequest => {
  // A request of an older version lacks what was added since.
  for (const event of live.journal.read())
    if (event.type === 'task.created') return taskRequest.parse({ ...event.task.request, prompt })
  throw new BerthError('corrupt-record', `${live.journal.path}: the journal does not begin with its task`)
}

/** Where a task has run it runs again: a container's engine and image, or this machine. */
const placeOf = async (input: {
  readonly deps: Deps
  readonly before: Plan
  readonly provider: Provider
  readonly signal: AbortSignal
}): Promise<Pick<Facts, 'engine' | 'image' | 'toolbox' | 'host'>> => {
  const { deps, before, provider, signal } = input
  const { kind, endpoint } = before.engine
  const engine = deps.engines.at(kind, endpoint)
  if (before.isolation === 'host') {
    const env = before.order.run?.env ?? {}
    const placeholder = before.model?.placeholder ?? ''
    const [info, { host, cli }] = await Promise.all([
      engine.info(signal),
      observeHost({ deps, provider, env, placeholder, signal }),
    ])
    const toolbox = { path: '', hash: '', cli }
    return { engine: { kind, endpoint, info }, image: { reference: '', digest: null, path: null }, toolbox, host }
  }
  const [info, image, toolbox] = await Promise.all([
    engine.info(signal),
    engine.image(before.image.reference, signal),
    deps.toolbox(),
  ])
  if (image === undefined)
    throw new BerthError('image-missing', `${kind} does not have the image ${before.image.reference} any more`)
  if (toolbox === undefined) throw new BerthError('toolbox-missing', 'the toolbox with the agent CLIs is not installed')
  return {
    engine: { kind, endpoint, info },
    image: { reference: before.image.reference, digest: image.digest ?? image.id, path: image.path },
    toolbox: { path: toolbox.path, hash: toolbox.hash, cli: toolbox.versions[provider.id] ?? null },
    host: null,
  }
}

/** Plans a turn after the first, from what the task is and what is there now; the same agent session goes on. */
export const planNext = async (input: {
  readonly deps: Deps
  readonly live: LiveTask
  readonly turn: number
  readonly attempt: number
  readonly prompt: string
  readonly files: readonly TurnFile[]
  /** Not in a container that an earlier turn has left alive. */
  readonly fresh?: boolean
  readonly signal: AbortSignal
}): Promise<Plan> => {
  const { deps, live, turn, attempt, prompt, files, fresh = false, signal } = input
  const before = planOf(live)
  const provider = deps.providers.get(before.provider)
  if (provider === undefined)
    throw new BerthError('unknown-provider', `${before.provider}: this Berth does not have that agent`)
  const engine = deps.engines.at(before.engine.kind, before.engine.endpoint)
  const [place, kept] = await Promise.all([
    placeOf({ deps, before, provider, signal }),
    fresh ? undefined : keptContainer(live, engine, signal),
  ])
  const facts: Facts = {
    task: live.id,
    ...place,
    caller: before.owner === null ? before.container.user : { uid: 0, gid: 0 },
    identity: { ...before.order.identity, fallback: false },
    source: sourceOf(before, live),
    folders: { task: before.folders.task, socket: before.folders.socket },
    key: before.model?.key == null ? null : { reference: before.model.key, present: true },
    home: null,
  }
  const request = { ...requestOf(live, prompt), envFrom: [...before.envFrom] }
  if (request.taskTimeout !== undefined && live.record.activeMs >= request.taskTimeout)
    throw new BerthError(
      'time-used-up',
      `${live.id}: its turns took ${formatDuration(live.record.activeMs)}, and --task-timeout is ${formatDuration(request.taskTimeout)}`,
    )
  const pushed = live.record.pushed
  const expected =
    pushed !== null && before.delivery.kind === 'push' && pushed.branch === before.delivery.branch ? pushed.sha : null
  return makePlan(request, facts, provider, {
    turn,
    attempt,
    resume: provider.supports.resume ? live.record.session : null,
    expected,
    files,
    activeMs: live.record.activeMs,
    ...(kept === undefined ? {} : { kept }),
  })
}
