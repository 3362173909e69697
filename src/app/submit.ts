import type { Caller } from '../domain/caller.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { TaskRecord, TaskRecordSeed } from '../domain/task.ts'
import { FIRST, makePlan } from '../plan/make-plan.ts'
import type { Plan } from '../plan/plan.ts'
import type { Provider } from '../providers/provider.ts'
import type { Deps } from './deps.ts'
import { DISK_FLOOR, freeBytes } from './guard-turn.ts'
import { type Observed, observe } from './observe.ts'
import { providerFor } from './provider-for.ts'
import { refuseKeys } from './refuse-keys.ts'
import type { Tasks } from './tasks.ts'
import { type GivenFile, keepFiles, withoutData } from './turn-files.ts'

type Planned = { readonly plan: Plan; readonly observed: Observed; readonly cli: string | null }

/** The variable in which the CLI looks for its key holds the placeholder; the gateway knows the request by it. */
const checkEnv = ({ envFrom, model, order }: Plan) => {
  const taken = envFrom.find((name) => model !== null && order.run?.env[name] === model.placeholder)
  if (taken !== undefined)
    throw new BerthError(
      'bad-env',
      `--env ${taken}: the agent has a placeholder there, and the gateway sets the model's key`,
    )
}

export const refuseTakenName = (deps: Deps, name: string | undefined): void => {
  const holder = name === undefined ? undefined : deps.store.find(name).find((task) => task.name === name)
  if (holder !== undefined) throw new BerthError('name-in-use', `--name ${name}: ${holder.id} has this name`)
}

/** A sandbox leads to the model, and to no other host. */
const refuseUnfitPolicy = ({ title, hosts = [] }: Provider, { policy, isolation }: TaskRequest): void => {
  if (hosts.length === 0 || policy === 'open' || isolation === 'host') return
  throw new BerthError(
    'policy-unfit',
    `--policy ${policy}: ${title} cannot run in it, for it needs ${hosts.join(', ')} beside its model`,
  )
}

/** Request -> plan: everything that can be refused is refused here, before anything exists. */
export const planTask = async (input: {
  readonly deps: Deps
  readonly request: TaskRequest
  readonly given: Readonly<Record<string, string>>
  readonly caller: Caller
  readonly task: string
  readonly files: readonly GivenFile[]
  /** Agents of the config file, for the list of those that are known. */
  readonly configured?: readonly string[]
  readonly signal: AbortSignal
}): Promise<Planned> => {
  const { deps, request } = input
  if (request.prompt.trim() === '' && request.mode !== 'review')
    throw new BerthError('empty-prompt', 'the prompt is empty')
  const provider = providerFor(deps, request, input.configured)
  refuseKeys(deps, provider, request.envFrom)
  refuseUnfitPolicy(provider, request)
  refuseTakenName(deps, request.name)
  const free = await freeBytes(deps.folders.state)
  if (free < DISK_FLOOR) {
    throw new BerthError(
      'disk-full',
      `${deps.folders.state}: ${Math.floor(free / 1024 / 1024)} MiB are left, and a task needs ${DISK_FLOOR / 1024 / 1024}`,
    )
  }
  const observed = await observe({ ...input, provider })
  // What the caller's shell does not have was told and is left out.
  const passed = { ...request, envFrom: Object.keys(observed.env) }
  const plan = makePlan(passed, observed.facts, provider, { ...FIRST, files: withoutData(input.files) })
  checkEnv(plan)
  return { plan, observed, cli: observed.facts.toolbox.cli }
}

export const seedOf = (request: TaskRequest, { plan, cli }: Pick<Planned, 'plan' | 'cli'>): TaskRecordSeed => {
  const { prompt: _prompt, ...rest } = request
  const { source, delivery } = plan
  return {
    id: plan.task,
    name: request.name ?? null,
    request: rest,
    provider: { id: plan.provider, version: cli },
    engine: { id: plan.engine.kind, endpoint: plan.engine.endpoint },
    image: plan.container.image,
    workspace: source.kind === 'mount' ? source.folder : plan.folders.workspace,
    labels: request.labels,
    source:
      source.kind === 'clone'
        ? {
            kind: 'clone',
            url: source.url,
            ref: source.ref,
            base: source.sha,
            branch: source.branch,
            pushBranch: delivery.kind === 'push' ? delivery.branch : null,
          }
        : {
            kind: source.kind,
            url: source.kind === 'none' ? null : source.folder,
            ref: null,
            base: null,
            branch: null,
            pushBranch: null,
          },
  }
}

/** A review that was asked for without a word is named by what it looks at. */
const titled = (request: TaskRequest): TaskRequest =>
  request.mode === 'review' && request.title === undefined && request.prompt.trim() === ''
    ? { ...request, title: `Review of ${request.branch ?? request.ref ?? 'the default branch'}` }
    : request

/** Makes a task and starts its first turn. It is on the disk, queued, when this resolves. */
export const submit = async (input: {
  readonly deps: Deps
  readonly tasks: Tasks
  readonly task: string
  readonly request: TaskRequest
  readonly given: Readonly<Record<string, string>>
  readonly caller: Caller
  readonly files: readonly GivenFile[]
  /** Agents of the config file, for the list of those that are known. */
  readonly configured?: readonly string[]
  readonly signal: AbortSignal
}): Promise<TaskRecord> => {
  const { deps, tasks, task, caller } = input
  const request = titled(input.request)
  const began = deps.now()
  const planned = await planTask(input)
  const ms = deps.now().getTime() - began.getTime()
  const { plan, observed } = planned
  const warnings = [...plan.warnings, ...observed.notices].map((text) => ({
    type: 'notice' as const,
    level: 'warning' as const,
    text,
  }))
  return await tasks.create({
    id: task,
    first: [
      { type: 'task.created', task: seedOf(request, planned) },
      ...warnings,
      {
        ...{ type: 'turn.queued', turn: 1, prompt: request.prompt, promptBytes: Buffer.byteLength(request.prompt) },
        ...(input.files.length === 0 ? {} : { files: withoutData(input.files) }),
      },
      { type: 'turn.planned', turn: 1, plan },
      { type: 'turn.span', turn: 1, name: 'plan', began: began.toISOString(), ms },
    ],
    prepare: (folder) => keepFiles(folder, 1, input.files),
    plan,
    engine: observed.engine,
    surroundings: { world: caller.env, key: observed.key, env: observed.env },
  })
}
