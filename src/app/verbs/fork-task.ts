import { existsSync } from 'node:fs'
import { allow } from '../../domain/allow.ts'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { newTaskFolders, taskPaths } from '../../domain/task-paths.ts'
import type { Facts } from '../../plan/facts.ts'
import { makePlan } from '../../plan/make-plan.ts'
import type { Deps } from '../deps.ts'
import { GO_ON } from '../planning/agent-prompt.ts'
import { allowedVolumes, codeFolders } from '../planning/allowed-mounts.ts'
import { refuseHosts, refuseSource } from '../planning/allowed-places.ts'
import { checkLayer } from '../planning/check-layer.ts'
import { factsForNextTurn } from '../planning/facts-for-next-turn.ts'
import { checkEnv, refuseKeys } from '../planning/refuse-keys.ts'
import { refusePrompt } from '../planning/refuse-terminal.ts'
import { workspaceBase } from '../planning/workspace-base.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { knownDenies } from '../task/added-rules.ts'
import { askedRequest } from '../task/asked-request.ts'
import { type Forked, forkPoint } from '../task/fork-point.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type GivenFile, withoutData } from '../task/turn-files.ts'
import { turnQueued } from '../task/turn-prompts.ts'
import { hasWorkspace } from './archive-task.ts'
import { freshSandbox } from './in-pooled.ts'
import { refuseTakenName } from './plan-task.ts'
import { contextFor } from './queue-turn.ts'
import { seedOf } from './seed-of.ts'

type Input = {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'git' | 'installation' | 'logins' | 'store'>
  readonly tasks: Tasks
  /** The task that is forked, and the id of the new one. */
  readonly id: string
  readonly task: string
  readonly turn: number | undefined
  readonly prompt: string | undefined
  readonly name: string | undefined
  readonly title: string | undefined
  /** Only the work: the agent begins a new session. */
  readonly newSession: boolean
  readonly files: readonly GivenFile[]
  readonly caller: CallerContext
  /** Further variables, as --env takes them. */
  readonly env: readonly string[]
  readonly signal: AbortSignal
}

/** Refuses a task whose work at the end of the turn is missing, or still changes. */
const forkable = (record: TaskRecord): void => {
  hasWorkspace(record)
  allow(record, 'fork')
  if (record.repository.kind !== 'clone')
    throw new BerthError('not-allowed', `${record.id} has no repository, and a fork starts from commits`)
  if (record.further !== undefined)
    throw new BerthError('not-allowed', `${record.id} has several repositories, and Berth forks tasks with one`, {
      hint: `\`berth send ${record.id}\` goes on with the task; \`berth run --repo ... --branch berth/${record.id}\` begins a new one on its work.`,
    })
}

/** At a terminal a person says how to go on. */
const goOn = ({ mode }: TaskRecord): string => (mode === 'interactive' ? '' : GO_ON)

/** The task's request, with the fork's own prompt and names; the fork pushes to its own branch, and is no session of a manifest. */
const requestFor = (live: LiveTask, { prompt = goOn(live.record), name, title }: Input): TaskRequest => {
  const { name: _name, title: _title, pushTo: _pushTo, manifest: _manifest, ...asked } = askedRequest(live)
  const { after: _after, afterFailed: _afterFailed, workspace: _place, workspaceTemplate: _template, ...same } = asked
  return {
    ...same,
    reuseExisting: false,
    prompt,
    ...(name === undefined ? {} : { name }),
    ...(title === undefined ? {} : { title }),
  }
}

/** The facts of the task's source, for the new task. */
const factsFor = (facts: Facts, { deps, id, task }: Input, base: string | null): Facts => {
  const { source } = facts
  const own = source.kind === 'clone' && source.branch === `berth/${id}` ? { ...source, branch: null } : source
  return { ...facts, task, folders: newTaskFolders(deps.installation.folders, task, base), source: own }
}

/** The point to fork from; refused if Berth does not have the session of that turn. */
const reachable = (live: LiveTask, point: Forked, newSession: boolean): Forked => {
  if (newSession) return { ...point, session: null, thread: null }
  if (point.session === null || (point.snapshot !== null && existsSync(taskPaths(live.folder).session(point.snapshot))))
    return point
  throw new BerthError(
    'not-allowed',
    `${point.task}: the agent's session at the end of turn ${point.turn} was not kept`,
    {
      hint: `\`berth log ${point.task}\` says why. \`berth fork --new-session\` takes only the work and begins a new session.`,
    },
  )
}

/** Creates a task from the work and the agent's session of another task at the end of a turn. */
export const forkTask = async (input: Input): Promise<TaskRecord> => {
  const { deps, tasks, id, task, caller, signal, files } = input
  refuseTakenName(deps, input.name)
  return await tasks.withTask(id, async (live) => {
    if (input.prompt !== undefined) refusePrompt(input.prompt, live.record.mode)
    forkable(live.record)
    const point = reachable(live, forkPoint(live, input.turn), input.newSession)
    const before = lastPlan(live)
    const { callerContext, sent: more } = await contextFor({
      deps,
      live,
      before,
      caller,
      given: input.env,
      verb: 'fork',
    })
    const variables = { ...live.record.variables, ...more }
    const again = await factsForNextTurn({
      deps,
      before,
      model: askedRequest(live).model,
      command: askedRequest(live).command,
      gitCredentials: askedRequest(live).gitCredentials,
      base: point.base,
      parts: live.record.further,
      denies: knownDenies(live),
      signal,
    })
    const asked = requestFor(live, input)
    const base = await workspaceBase(deps, asked)
    const { state } = deps.installation.folders
    if (base !== null) await checkLayer(asked, { info: again.facts.engine.info, state, base })
    const facts = factsFor(again.facts, input, base)
    const settings = deps.config.settings()
    refuseHosts(settings, askedRequest(live))
    refuseSource(settings, facts.source)
    const envFrom = [...new Set([...before.envFrom, ...Object.keys(more)])]
    refuseKeys(deps, again.provider, envFrom)
    const request = {
      ...asked,
      volumes: allowedVolumes(settings, asked.volumes, codeFolders(deps, input.caller.env)),
      envFrom,
      envGiven: envFrom.filter((name) => variables[name] === 'given'),
    }
    const sent = withoutData(files)
    const next = { turn: 1, attempt: 1, resume: point.session, expected: null, files: sent, activeMs: 0, fork: point }
    const plan = makePlan(request, facts, again.provider, next)
    checkEnv(plan)
    const { snapshot: _snapshot, base: _base, ...fork } = point
    return await tasks.create({
      id: task,
      key: task,
      first: [
        { type: 'task.created', task: { ...seedOf(request, { plan, cli: facts.toolbox.cli }), fork } },
        turnQueued(1, request.prompt, sent),
        { type: 'turn.planned', turn: 1, plan },
        ...freshSandbox(request, plan, 'fork'),
      ],
      files,
      fork: { point, folder: live.folder, signal },
      plan,
      engine: again.engine,
      callerContext,
    })
  })
}
