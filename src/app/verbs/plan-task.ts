import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { newTaskFolders } from '../../domain/task-paths.ts'
import type { TurnFile } from '../../domain/turn-file.ts'
import type { Engine } from '../../engines/engine.ts'
import { sourcesOf } from '../../plan/clones-of.ts'
import type { Facts } from '../../plan/facts.ts'
import { FIRST, makePlan } from '../../plan/make-plan.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { allowedVolumes, codeFolders, refuseFolder } from '../planning/allowed-mounts.ts'
import { allowedOutput } from '../planning/allowed-output.ts'
import { refuseHosts, refuseNamed, refuseRules, refuseSource } from '../planning/allowed-places.ts'
import { refuseUnlisted } from '../planning/allowed-variables.ts'
import { providerFor } from '../planning/choose-provider.ts'
import { type Observed, observe } from '../planning/observe.ts'
import { type Placed, placeWorkspace } from '../planning/place-workspace.ts'
import { refuseAround } from '../planning/refuse-around.ts'
import { checkEnv, refuseKeys } from '../planning/refuse-keys.ts'
import { refuseLoginRoute } from '../planning/refuse-login-route.ts'
import { refuseResult } from '../planning/refuse-result.ts'
import { refuseSigning } from '../planning/refuse-signing.ts'
import { refuseTerminal } from '../planning/refuse-terminal.ts'
import { refuseFullDisk, workspaceBase } from '../planning/workspace-base.ts'
import { type GivenFile, withoutData } from '../task/turn-files.ts'

/** Everything that a first plan is made from: nothing secret. */
type Parts = {
  readonly request: TaskRequest
  readonly facts: Facts
  readonly provider: Provider
  readonly files: readonly TurnFile[]
  /** The folder for workspaces; null: the state folder. */
  readonly base: string | null
  /** The folder that the user named for the workspace. */
  readonly placed?: Placed | undefined
}
export type Planned = {
  readonly plan: Plan
  readonly parts: Parts
  readonly observed: Observed
  readonly cli: string | null
}

/** The plan for a task of that id. */
export const planFor = (deps: Pick<Deps, 'installation'>, parts: Parts, id: string): Plan => {
  const { request, facts, provider, files, base, placed } = parts
  const own = newTaskFolders(deps.installation.folders, id, placed === undefined ? base : null)
  const folders = placed === undefined ? own : { ...own, named: { path: placed.path, reused: placed.reused !== null } }
  return makePlan(request, { ...facts, task: id, folders }, provider, { ...FIRST, files })
}

export const refuseTakenName = (deps: Pick<Deps, 'store'>, name: string | undefined): void => {
  const holder = name === undefined ? undefined : deps.store.find(name).find((task) => task.name === name)
  if (holder !== undefined) throw new BerthError('name-in-use', `--name ${name}: the task ${holder.id} has this name`)
}

/** Refuses a task whose model is beyond a proxy that does not pass it on. Without a key, nobody may want the model. */
const checkWayOut = async (
  { config, egress }: Pick<Deps, 'config' | 'egress'>,
  { model }: Plan,
  caller: CallerContext,
  signal: AbortSignal,
): Promise<void> => {
  const company = config.companyNetwork(caller.env)
  const upstream = model === null || model.key === null ? null : model.upstream
  await egress.checkCompany({ company, upstream }, signal)
}

export type PlanInput = {
  readonly deps: Pick<Deps, 'config' | 'egress' | 'engines' | 'forges' | 'git' | 'installation' | 'logins' | 'store'>
  readonly request: TaskRequest
  readonly given: Readonly<Record<string, string>>
  readonly caller: CallerContext
  readonly task: string
  readonly files: readonly GivenFile[]
  /** The agents of the config file, for the list of known agents. */
  readonly configured?: readonly string[]
  /** Nothing is to be created. */
  readonly dry?: boolean
  /** Hears of the plan when it lacks only what the remote says. */
  readonly expected?: ((plan: Plan, engine: Engine) => void) | undefined
  readonly signal: AbortSignal
}

type Chosen = Pick<Parts, 'base' | 'provider' | 'request'>

/** The plan by these facts; refuses what they do not allow. */
const decided = (
  { deps, request, files, task, caller }: PlanInput,
  { request: passed, ...chosen }: Chosen,
  facts: Facts,
): Pick<Planned, 'parts' | 'plan'> => {
  const settings = deps.config.settings()
  for (const source of sourcesOf(facts)) refuseSource(settings, source)
  refuseFolder(settings, facts.source, codeFolders(deps, caller.env))
  refuseLoginRoute(request, facts, chosen.provider)
  const placed = placeWorkspace({ deps, request, facts })
  refuseAround(deps, request, placed?.path)
  const parts = { ...chosen, request: passed, facts, files: withoutData(files), placed }
  const plan = planFor(deps, parts, task)
  checkEnv(plan)
  if (plan.inside !== undefined || plan.tokenInside !== undefined)
    refuseRules(settings.allowedHosts, plan.network?.rules ?? [])
  return { plan, parts }
}

/** What the request alone is refused for. */
const refuseRequest = async ({ deps, request, given, caller }: PlanInput, provider: Provider): Promise<void> => {
  if (request.mode === 'interactive') refuseTerminal(deps, provider, request)
  await refuseResult(request)
  refuseKeys(deps, provider, request.envFrom)
  const settings = deps.config.settings()
  refuseUnlisted(
    settings.envAllow,
    request.envFrom.filter((name) => given[name] === undefined),
  )
  refuseHosts(settings, request)
  for (const repo of [request.repo, ...request.repos.map((one) => one.repo)])
    refuseNamed(settings, repo, { home: caller.env['HOME'], host: deps.forges.host })
  refuseTakenName(deps, request.name)
  await refuseFullDisk(deps.installation.folders.state)
}

/** Request -> plan. Berth refuses here whatever it can refuse, before the task exists. */
export const planTask = async (input: PlanInput): Promise<Planned> => {
  const { deps, request, expected } = input
  if (request.prompt.trim() === '' && request.mode === 'exec')
    throw new BerthError('empty-prompt', 'the prompt is empty')
  const provider = providerFor(deps, request, input.configured)
  await refuseRequest(input, provider)
  const settings = deps.config.settings()
  const base = await workspaceBase(deps, request)
  const volumes = allowedVolumes(settings, request.volumes, codeFolders(deps, input.caller.env))
  const output = allowedOutput({ settings, folders: deps.installation.folders }, request)
  const chosen = { provider, base, request: { ...request, ...output, volumes } }
  const observed = await observe({
    ...{ ...input, provider, base },
    expected: expected && ((facts, engine) => expected(decided(input, chosen, facts).plan, engine)),
  })
  // A notice has named the variables that the caller's shell lacks; they are left out.
  const passed = { ...chosen.request, envFrom: Object.keys(observed.env) }
  const { plan, parts } = decided(input, { ...chosen, request: passed }, observed.facts)
  await checkWayOut(deps, plan, input.caller, input.signal)
  const warned = await refuseSigning(deps, plan, input.caller.env, input.signal)
  const notices = [...observed.notices, ...warned]
  return { plan, parts, observed: { ...observed, notices }, cli: observed.facts.toolbox.cli }
}
