import { type ContainerSpec, LABEL } from '../domain/container-spec.ts'
import { droppedBy, tierOf } from '../domain/policy.ts'
import type { TaskRequest } from '../domain/request.ts'
import { SECCOMP_FILE } from '../domain/seccomp-profile.ts'
import { sessionLabels } from '../domain/session-labels.ts'
import { taskPaths, workPaths, workspaceOf } from '../domain/task-paths.ts'
import type { LoginService, ModelRoute, Provider } from '../providers/provider.ts'
import { agentCommand, printCommand, promptWarnings } from './agent-command.ts'
import { planAmendment, planDelivery } from './delivery.ts'
import type { CloneSource, Continuation, Facts } from './facts.ts'
import { hardeningWarnings, planHardening, zoneVariable } from './hardening.ts'
import { isOlder } from './is-older.ts'
import { planLimits } from './limits.ts'
import { inContainer, insideWarnings, planInside } from './login-inside.ts'
import { planMachine } from './machine.ts'
import { planMounts } from './mounts.ts'
import { networkWarnings, planNetwork } from './network.ts'
import { planOrder } from './order.ts'
import { type Paths, planPaths } from './paths.ts'
import type { Plan, PlannedClone, SharedTree } from './plan.ts'
import { planFiles } from './plan-files.ts'
import { forkParts } from './plan-fork.ts'
import { policyWarnings } from './policy-warnings.ts'
import { routeOf } from './route-of.ts'
import { planTree } from './shared-tree.ts'
import { sourceWarnings } from './source-warnings.ts'
import { planSshKey, sshKeyWarnings } from './ssh-key.ts'
import { planSteps } from './steps.ts'
import { planTokenInside, tokenWarnings } from './token-inside.ts'
import { planUser } from './user.ts'
import { inWarmContainer, keepsWarm } from './warm-container.ts'

export const FIRST: Continuation = { turn: 1, attempt: 1, resume: null, expected: null, files: [], activeMs: 0 }

/** Upstream as given or usual; the provider's own path is added only where a URL has none. */
export const upstreamOf = ({ api }: Pick<ModelRoute, 'api'>, baseUrl: string | undefined): string => {
  const url = new URL(baseUrl ?? api.defaultBaseUrl)
  if (url.pathname === '/' || url.pathname === '') url.pathname = api.emptyPath
  return url.toString().replace(/\/$/, '')
}

const labels = (request: TaskRequest, facts: Facts, provider: Provider, turn: number): ContainerSpec['labels'] => ({
  ...request.labels,
  ...sessionLabels(request),
  [LABEL.managed]: 'true',
  [LABEL.task]: facts.task,
  [LABEL.turn]: String(turn),
  [LABEL.provider]: provider.id,
  ...(request.name === undefined ? {} : { [LABEL.name]: request.name }),
})

const cloneOf = (
  task: string,
  { lfs }: Pick<TaskRequest, 'lfs'>,
  { url, ref, sha, branch, mirror, forge, seen, submodules, folder }: CloneSource,
): PlannedClone => ({
  ...{ kind: 'clone', url, ref, sha, branch: branch ?? `berth/${task}`, mirror },
  ...(forge && { forge }),
  ...(submodules && { submodules }),
  ...(seen && { seen }),
  ...(folder !== undefined && { folder }),
  ...(lfs === 'on' && { lfs: true }),
})

const sourceOf = (facts: Facts, request: TaskRequest, tree: SharedTree | undefined): Plan['source'] => {
  if (facts.source.kind === 'none') return { kind: 'none' }
  if (facts.source.kind !== 'clone') return { kind: facts.source.kind, folder: facts.source.folder }
  return { ...cloneOf(facts.task, request, facts.source), ...(tree && { tree }) }
}

const furtherOf = (request: TaskRequest, facts: Facts, next: Continuation): Pick<Plan, 'further'> =>
  facts.further === undefined
    ? {}
    : {
        further: facts.further.map((source, at) => ({
          source: { ...cloneOf(facts.task, request, source), folder: source.folder },
          delivery: planDelivery(request, { ...facts, source }, { expected: next.furtherExpected?.[at] ?? null }),
          publish: taskPaths(facts.folders.task).publishOf(source.folder),
        })),
      }

const deliveriesOf = (
  request: TaskRequest,
  facts: Facts,
  next: Continuation,
): Pick<Plan, 'delivery' | 'further' | 'amendment'> => ({
  delivery: planDelivery(request, facts, next),
  ...furtherOf(request, facts, next),
  ...planAmendment(request, facts),
})

/** Warnings about flags that a host task ignores, and about its missing sandbox. */
const hostWarnings = (request: TaskRequest): readonly string[] => [
  ...(request.hostPermissive
    ? ["--host-permissive: the agent's own approvals and sandbox are off, and Berth adds none"]
    : []),
  ...(request.image === undefined
    ? []
    : [`--image ${request.image}: a task on the host has no image, so Berth ignores the flag`]),
  ...(request.keepAlive
    ? ['--keep-alive: a task on the host has no container to keep, so Berth ignores the flag']
    : []),
  ...(request.pool ? ['--pool: a task on the host has no container to start ahead, so Berth ignores the flag'] : []),
]

const warningsOf = (request: TaskRequest, facts: Facts): readonly string[] => {
  return [
    ...(facts.host === null ? [] : hostWarnings(request)),
    ...policyWarnings(request, facts),
    ...hardeningWarnings(request, facts),
    ...sshKeyWarnings(request, facts),
    ...(facts.host !== null || facts.engine.info.seccomp
      ? []
      : [`${facts.engine.kind} accepts no seccomp profile here, so the task can use every system call of the kernel`]),
    ...(facts.identity.fallback
      ? ['git has no user.name and user.email here, so Berth commits as Berth <berth@localhost>']
      : []),
    ...sourceWarnings(request, facts),
  ]
}

const versionWarnings = ({ toolbox }: Facts, { title, tested }: Provider): readonly string[] =>
  toolbox.cli !== null && tested !== null && isOlder(toolbox.cli, tested)
    ? [`the toolbox has ${title} ${toolbox.cli}, older than the tested ${tested}; run \`berth setup\` to get that`]
    : []

const modelWarnings = ({ model }: TaskRequest, { title, supports }: Provider): readonly string[] =>
  model === undefined || supports.model ? [] : [`--model ${model}: ${title} takes no model, so Berth ignores the flag`]

const agentWarnings = (request: TaskRequest, facts: Facts, provider: Provider): readonly string[] => [
  ...versionWarnings(facts, provider),
  ...modelWarnings(request, provider),
]

type Input = {
  readonly request: TaskRequest
  readonly facts: Facts
  readonly provider: Provider
  readonly next: Continuation
  readonly paths: Paths
}

const containerOf = (
  input: Input,
): {
  readonly container: ContainerSpec
  readonly owner: Plan['owner']
  readonly tree: SharedTree | undefined
  readonly warnings: readonly string[]
} => {
  const { request, facts, provider, next, paths } = input
  const { user, owner, userNamespace } = planUser(request, facts)
  const tree = planTree(request, facts, { next, user })
  const { mounts, warnings: volumeWarnings } = planMounts(request, facts, { next, tree })
  const { warnings: limitWarnings, ...limits } = planLimits(request, facts)
  const { machine, warnings: machineWarnings } = planMachine(request, facts)
  const { host } = facts
  const tier = tierOf(request)
  const container: ContainerSpec = {
    name: `berth-${facts.task}-${next.turn}-${next.attempt}`,
    image: facts.image.reference,
    argv: paths.worker,
    env: host === null ? zoneVariable(request) : { PATH: host.path, LANG: host.lang },
    workdir: paths.home,
    user,
    userNamespace,
    network: tier?.network === 'gateway' ? 'none' : 'engine',
    mounts,
    labels: labels(request, facts, provider, next.turn),
    ...limits,
    ...machine,
    capDrop: tier === null ? [] : droppedBy(tier),
    noNewPrivileges: tier?.root === 'never',
    ...(tier?.seccomp === 'berth' ? { seccomp: `${facts.toolbox.path}/${SECCOMP_FILE}` } : {}),
    ...planHardening(request, facts),
  }
  return { container, owner, tree, warnings: [...volumeWarnings, ...limitWarnings, ...machineWarnings] }
}

/** The service of the login that the task uses; undefined: it has a key. */
const serviceOf = ({ login }: Facts, { logins }: Provider): LoginService | undefined =>
  login === undefined ? undefined : logins?.find(({ id }) => id === login.service)

/** Whether the CLI speaks to its service by the service's own address. */
const isOwnAddress = (
  { loginRoute }: TaskRequest,
  service: LoginService | undefined,
): service is LoginService & Required<Pick<LoginService, 'ownAddress'>> =>
  loginRoute === 'tls' && service?.ownAddress !== undefined

/** How the agent reaches its model, and the placeholder for the key. */
const modelOf = (request: TaskRequest, facts: Facts, provider: Provider): NonNullable<Plan['model']> => {
  const service = serviceOf(facts, provider)
  const route = service ?? routeOf(provider, request)
  return {
    upstream: upstreamOf(route, request.baseUrl),
    header: route.api.header,
    placeholder: facts.host?.placeholder ?? `berth-${facts.task}`,
    key: facts.key?.present ? facts.key.reference : null,
    guarded: facts.host !== null,
    ...(service === undefined ? {} : { paths: service.paths }),
    ...(isOwnAddress(request, service) ? { intercept: service.ownAddress } : {}),
    ...(provider.failures === undefined ? {} : { failures: provider.failures }),
  }
}

const foldersOf = (
  { task, socket, ...where }: Facts['folders'],
  next: Continuation,
  tree: SharedTree | undefined,
): Plan['folders'] => {
  const { home, exchange, publish } = taskPaths(task)
  const { layer } = workPaths(where.work)
  const { named } = where
  return {
    ...{ task, workspace: workspaceOf(where), home, exchange: exchange(next), socket, publish },
    ...(named && { named: { reused: named.reused } }),
    ...(tree && { layer }),
  }
}

/** (request, facts, provider) -> plan. Pure: the same input gives the same plan. */
export const makePlan = (request: TaskRequest, facts: Facts, provider: Provider, next: Continuation = FIRST): Plan => {
  const paths = planPaths(request, facts, next)
  const input = { request, facts, provider, next, paths }
  const { container, owner, tree, warnings } = containerOf(input)
  const model = modelOf(request, facts, provider)
  const files = planFiles(next.files, { exchange: paths.exchange, mentions: provider.mentions })
  const { part: within, hosts } = planInside(request, facts, provider)
  const token = { ...planTokenInside(request, facts), ...planSshKey(request, facts) }
  const network = planNetwork(request, facts, { hosts })
  const command = agentCommand(input, model, files)
  const plan: Plan = {
    version: 1,
    task: facts.task,
    turn: next.turn,
    attempt: next.attempt,
    provider: provider.id,
    resume: next.resume,
    engine: { kind: facts.engine.kind, endpoint: facts.engine.endpoint, logDriver: facts.engine.info.logDriver },
    image: { reference: facts.image.reference, digest: facts.image.digest },
    isolation: facts.host === null ? 'container' : 'host',
    ...(facts.host === null && { policy: request.policy }),
    container,
    ...(facts.host === null && facts.hardening?.zoneFile != null && { zoneFile: facts.hardening.zoneFile }),
    ...(keepsWarm(request) ? { keepAliveMs: request.keepAlive } : {}),
    order: planOrder({
      ...{ request, facts, next, paths, command, tree },
      sessionPaths: provider.sessionPaths,
      given: within.inside?.path,
      print: printCommand(input),
    }),
    folders: foldersOf(facts.folders, next, tree),
    owner,
    source: sourceOf(facts, request, tree),
    ...deliveriesOf(request, facts, next),
    ...inContainer(within, model),
    ...(facts.login === undefined ? {} : { login: { name: facts.login.name, service: facts.login.service } }),
    ...token,
    network,
    ...(files.length === 0 ? {} : { files }),
    ...(next.fork === undefined
      ? {}
      : { fork: forkParts(next.fork, facts.source.kind === 'clone' ? facts.source.sha : '') }),
    ...(request.mode === 'review' && next.turn === 1
      ? { review: { base: `origin/${request.reviewBase ?? 'HEAD'}` } }
      : {}),
    ...(request.outputSchema && { result: { schema: request.outputSchema, tries: request.outputTries } }),
    envFrom: request.envFrom,
    retry: { retries: request.retries, delayMs: request.retryDelay, rateLimit: request.rateLimit },
    steps: planSteps(facts, tree, {
      ...{ isRuled: network !== null, isInside: 'inside' in within, hasToken: 'tokenInside' in token },
      ...{ hasLfs: request.lfs === 'on' && next.turn === 1, hasKey: 'sshKeyInside' in token },
    }),
    warnings: [
      ...warningsOf(request, facts),
      ...agentWarnings(request, facts, provider),
      ...promptWarnings(input, command, files),
      ...networkWarnings(network, facts),
      ...insideWarnings(within, facts, provider),
      ...tokenWarnings(token),
      ...warnings,
    ],
  }
  return next.kept === undefined ? plan : inWarmContainer(plan, next.kept)
}
