import type { CallerContext } from '../../domain/caller-context.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { placeWorkspace } from '../planning/place-workspace.ts'
import { refuseAfter } from '../planning/refuse-after.ts'
import type { NewTask } from '../schedule/create-task.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { type GivenFile, withoutData } from '../task/turn-files.ts'
import { turnQueued } from '../task/turn-prompts.ts'
import { createPlaced } from './create-placed.ts'
import { candidateOf, freshSandbox, inPooled, type SandboxEvent } from './in-pooled.ts'
import { type PlanInput, type Planned, planFor, planTask } from './plan-task.ts'
import { seedOf } from './seed-of.ts'

/** Without a prompt a review gets a title from its branch, and a terminal one of its own. */
const titled = (request: TaskRequest): TaskRequest => {
  const { mode, title, prompt, branch, ref } = request
  if (title !== undefined || prompt.trim() !== '') return request
  return {
    ...request,
    title:
      mode === 'review' ? `Review of ${branch ?? ref ?? 'the default branch'}` : `At the terminal of ${request.agent}`,
  }
}

export type Submission = {
  readonly deps: Pick<
    Deps,
    'clock' | 'config' | 'egress' | 'engines' | 'forges' | 'git' | 'installation' | 'logins' | 'store'
  >
  readonly tasks: Tasks
  readonly task: string
  readonly request: TaskRequest
  readonly given: Readonly<Record<string, string>>
  readonly caller: CallerContext
  readonly files: readonly GivenFile[]
  /** The agents of the config file, for the list of known agents. */
  readonly configured?: readonly string[]
  /** The task has its own labels, mounts or limits: Berth starts no sandbox ahead for it. */
  readonly own?: boolean
  /** Nothing is to be created. */
  readonly dry?: boolean
  readonly signal: AbortSignal
}

/** When the planning of a task began, and how long it took. */
type Times = { readonly began: Date; readonly ms: number }

/** Creates the planned task, under the id of its plan. */
const create = (
  input: Submission,
  planned: Planned,
  { began, ms, taken, told }: Times & Pick<NewTask, 'taken'> & { readonly told: readonly SandboxEvent[] },
): Promise<TaskRecord> => {
  const { tasks, task, caller } = input
  const { plan, observed, parts } = planned
  const { output, transcriptDir } = parts.request
  const request = titled({ ...input.request, output, transcriptDir })
  const warnings = [...plan.warnings, ...observed.notices].map((text) => ({
    type: 'notice' as const,
    level: 'warning' as const,
    text,
  }))
  return tasks.create({
    id: plan.task,
    key: task,
    first: [
      {
        type: 'task.created',
        task: { ...seedOf(request, planned), ...(plan.task === task ? {} : { key: task }) },
      },
      ...warnings,
      turnQueued(1, request.prompt, withoutData(input.files)),
      { type: 'turn.planned', turn: 1, plan },
      { type: 'turn.span', turn: 1, name: 'plan', began: began.toISOString(), ms },
      ...told,
    ],
    files: input.files,
    taken,
    ...(plan.pooled === undefined && { early: () => tasks.early.take(plan, candidateOf(input)) }),
    plan,
    engine: observed.engine,
    callerContext: { callerEnv: caller.env, key: observed.key, env: observed.env },
  })
}

/** The recipe for more such sandboxes: it has nothing of this task. */
const recipeOf = (deps: Pick<Deps, 'installation'>, { parts, observed: { engine } }: Planned) => {
  const { title: _title, ...request } = parts.request
  const same = { ...parts, request: { ...request, prompt: '' }, files: [] }
  return { plan: (id: string) => planFor(deps, same, id), engine }
}

/** A task that was planned and that nobody has created yet. */
export type Prepared = Times & { readonly input: Submission; readonly planned: Planned }

/** Plans a task; it is refused here if it cannot run. */
export const prepareTask = async (input: Submission, expected?: PlanInput['expected']): Promise<Prepared> => {
  const { deps, tasks } = input
  tasks.pool.touch()
  const began = deps.clock.now()
  const planned = await planTask({ ...input, expected })
  return { input, planned, began, ms: deps.clock.now().getTime() - began.getTime() }
}

/** Creates the task in the folder that the user named: another task may have it since this one was planned. */
const inPlace = (input: Submission, planned: Planned, times: Times): Promise<TaskRecord> => {
  const { deps, tasks, task: id } = input
  const { parts } = planned
  const { state } = deps.installation.folders
  const place = () => placeWorkspace({ deps, ...parts })
  return createPlaced({ tasks, id, state, place }, (placed, taken) => {
    const own = { ...parts, placed }
    const plan = planFor(deps, own, id)
    const told = freshSandbox(input.request, plan, 'named-workspace')
    return create(input, { ...planned, parts: own, plan }, { ...times, taken, told })
  })
}

/** Creates a planned task and starts its first turn. When this resolves, the task is on the disk and queued. */
export const createPrepared = async ({ input, planned, began, ms }: Prepared): Promise<TaskRecord> => {
  const { deps, tasks, request, own = false } = input
  refuseAfter(deps, request)
  if (planned.parts.placed !== undefined) return await inPlace(input, planned, { began, ms })
  return await inPooled({
    deps,
    tasks,
    request,
    task: input.task,
    own,
    plan: planned.plan,
    planAs: (id) => planFor(deps, planned.parts, id),
    recipe: recipeOf(deps, planned),
    make: (plan, told) => create(input, { ...planned, plan }, { began, ms, told }),
  })
}

/** True for a task whose container is known before its remote has answered. */
const startsEarly = ({ request, dry }: Submission): boolean =>
  dry !== true &&
  request.repo !== undefined &&
  request.after === undefined &&
  request.workspace === undefined &&
  request.workspaceTemplate === undefined

/** Plans and creates a task. Its container is started meanwhile, where it may begin at once. */
export const submit = async (input: Submission): Promise<TaskRecord> => {
  const { deps, tasks, task } = input
  refuseAfter(deps, input.request)
  const begin = (plan: Plan, engine: Engine) => tasks.early.begin(plan, engine, candidateOf(input))
  try {
    return await createPrepared(await prepareTask(input, startsEarly(input) ? begin : undefined))
  } finally {
    // What the task did not take.
    void tasks.early.drop(task)
  }
}
