import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { TurnFile } from '../../domain/turn-file.ts'
import { sourcesOf } from '../../plan/clones-of.ts'
import type { Continuation } from '../../plan/facts.ts'
import { makePlan } from '../../plan/make-plan.ts'
import type { Delivery, Plan } from '../../plan/plan.ts'
import { formatDuration } from '../../std/duration.ts'
import type { Deps } from '../deps.ts'
import { knownDenies } from '../task/added-rules.ts'
import { askedRequest } from '../task/asked-request.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { warmContainer } from '../task/warm-container.ts'
import { hasUnheard } from './agent-prompt.ts'
import { allowedVolumes, codeFolders, refuseFolder } from './allowed-mounts.ts'
import { refuseHosts, refuseSource } from './allowed-places.ts'
import { factsForNextTurn } from './facts-for-next-turn.ts'
import { checkEnv, refuseKeys } from './refuse-keys.ts'
import { sentWith } from './variables-again.ts'

/** A fork's beginning, for as long as no agent has taken it up. */
const forkOf = (live: LiveTask) => {
  for (const _ of live.journal.select('agent.started')) return {}
  return live.record.fork === undefined ? {} : { fork: live.record.fork }
}

/** A workspace on a disk that is gone: an agent of a further turn would begin in an empty one. */
const refuseLostWorkspace = (live: LiveTask, { folders: { task, workspace } }: Plan): void => {
  if (dirname(workspace) === task || existsSync(workspace)) return
  for (const _ of live.journal.select('agent.started'))
    throw new BerthError('not-allowed', `${live.id}: its workspace ${workspace} is not there`, {
      hint: 'Mount the disk of that folder again, or start a new task from the branch of this one.',
    })
}

/** The commit that the branch has since the task's own push. */
const expectedOf = ({ pushed }: Pick<TaskRecord, 'pushed'>, delivery: Delivery): string | null =>
  pushed !== null && delivery.kind === 'push' && pushed.branch === delivery.branch ? pushed.sha : null

const furtherExpected = (record: TaskRecord, { further }: Plan): Pick<Continuation, 'furtherExpected'> =>
  further === undefined
    ? {}
    : {
        furtherExpected: further.map(({ source: { folder }, delivery }) => {
          const part = record.further?.[folder]
          return part === undefined ? null : expectedOf(part, delivery)
        }),
      }

/** A turn that is planned again before it begins keeps its pre-started container, if the container still fits. */
const stillPooled = (plan: Plan, { pooled, turn, attempt, container }: Plan): Plan => {
  if (pooled === undefined || turn !== plan.turn || attempt !== plan.attempt) return plan
  const same = JSON.stringify(container) === JSON.stringify(plan.container)
  return { ...plan, pooled: same ? pooled : { until: 0 } }
}

/** Plans a turn after the first, from what the task is and what is there now; the same agent session goes on. */
export const planNext = async (input: {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'installation' | 'logins'>
  readonly live: LiveTask
  readonly turn: number
  readonly attempt: number
  readonly prompt: string
  readonly files: readonly TurnFile[]
  /** Names of variables that come with this turn and are in no event yet. */
  readonly variables?: readonly string[]
  /** Not in a container that an earlier turn has left alive. */
  readonly fresh?: boolean
  readonly signal: AbortSignal
}): Promise<Plan> => {
  const { deps, live, turn, attempt, prompt, files, variables = [], fresh = false, signal } = input
  const before = lastPlan(live)
  const asked = askedRequest(live)
  const engine = deps.engines.at(before.engine.kind, before.engine.endpoint)
  const [{ facts, provider }, warm] = await Promise.all([
    factsForNextTurn({
      deps,
      before,
      model: asked.model,
      command: asked.command,
      gitCredentials: asked.gitCredentials,
      base: live.record.repository.base,
      parts: live.record.further,
      denies: knownDenies(live),
      signal,
    }),
    fresh ? undefined : warmContainer(live, engine, signal),
  ])
  refuseLostWorkspace(live, before)
  const envFrom = [...new Set([...before.envFrom, ...sentWith(live, turn), ...variables])]
  refuseKeys(deps, provider, envFrom)
  const settings = deps.config.settings()
  refuseHosts(settings, asked)
  for (const source of sourcesOf(facts)) refuseSource(settings, source)
  const code = codeFolders(deps, live.callerContext?.callerEnv ?? {})
  refuseFolder(settings, facts.source, code)
  // Checked again: an agent may have replaced a folder of a mount by a link since.
  const request = { ...asked, volumes: allowedVolumes(settings, asked.volumes, code), prompt, envFrom }
  if (request.taskTimeout !== undefined && live.record.activeMs >= request.taskTimeout)
    throw new BerthError(
      'time-used-up',
      `${live.id}: its turns took ${formatDuration(live.record.activeMs)}, and --task-timeout is ${formatDuration(request.taskTimeout)}`,
    )
  const resume = provider.supports.resume ? live.record.session : null
  const plan = makePlan(request, facts, provider, {
    turn,
    attempt,
    resume,
    unheard: provider.supports.resume && resume === null && hasUnheard(live, turn),
    expected: expectedOf(live.record, before.delivery),
    ...furtherExpected(live.record, before),
    files,
    activeMs: live.record.activeMs,
    ...(warm === undefined ? {} : { kept: warm }),
    ...forkOf(live),
  })
  checkEnv(plan)
  return stillPooled(plan, before)
}
