import { BerthError } from '../domain/errors.ts'
import { classifyHost } from '../domain/network/address.ts'
import { parseTarget } from '../domain/network/parse-target.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import type { TaskRequest } from '../domain/request.ts'
import { LOGIN_FILE } from '../domain/worker-protocol.ts'
import type { LoginService, Provider } from '../providers/provider.ts'
import type { Facts } from './facts.ts'
import { FIRST, makePlan } from './make-plan.ts'
import { agentEnvironment } from './order.ts'
import { planPaths } from './paths.ts'
import type { Plan } from './plan.ts'

/** What the worker is asked to run on the caller's terminal. */
export type SignInProgram = {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Below home: the program is ended when this file is there. */
  readonly endsWith?: string
}

type Asked = Parameters<LoginService['signIn']['argv']>[0]

/** Steps of a launch that a container without a turn needs. */
const STEPS: ReadonlySet<string> = new Set(['folders', 'gateway', 'create', 'start', 'check', 'order'])

/** An address of the user's own network may be private. */
const issuerTarget = (issuer: string): string => {
  const { hostname, port, protocol } = new URL(issuer)
  return `${hostname}:${port || (protocol === 'http:' ? '80' : '443')} private`
}

/** The CLI itself asks the issuer: loopback is the container's own, where no issuer listens. */
const issuerRules = (issuer: string, argv: readonly string[]): readonly NetworkRule[] => {
  const rules = parseTarget(issuerTarget(issuer), 'provider')
  const local = rules.ok ? rules.value.find(({ host }) => classifyHost(host) === 'loopback') : undefined
  if (rules.ok && (local === undefined || !argv.includes(issuer))) return rules.value
  const why = rules.ok
    ? `${local?.host} is a loopback address, and the agent's CLI logs in within a sandbox`
    : rules.error
  throw new BerthError('bad-request', `login-issuer ${issuer}: ${why}`, {
    hint: "Set `login-issuer` to an address that a sandbox reaches: this machine's address in its network, where the issuer listens.",
  })
}

const rulesOf = ({ signIn }: LoginService, asked: Asked): readonly NetworkRule[] => [
  ...signIn.hosts.flatMap((target) => {
    const rules = parseTarget(target, 'provider')
    if (!rules.ok) throw new Error(rules.error)
    return rules.value
  }),
  ...(asked.issuer === null ? [] : issuerRules(asked.issuer, signIn.argv(asked))),
]

/** What is the user's own for tasks is left out: the container signs in and does nothing else. */
export const signInRequest = (request: TaskRequest, provider: Provider): TaskRequest => {
  const { engine, image, pull, user, memory, cpus, pids } = request
  const of = { engine, image, pull, user, memory, cpus, pids }
  return {
    ...request,
    ...of,
    agent: provider.id,
    command: undefined,
    model: undefined,
    baseUrl: undefined,
    repo: undefined,
    ref: undefined,
    branch: undefined,
    pushTo: undefined,
    source: 'clone',
    mode: 'exec',
    providerArgs: [],
    providerOptions: {},
    isolation: 'container',
    hostPermissive: false,
    loginInside: false,
    policy: 'sandboxed',
    sharedTree: false,
    allow: [],
    deny: [],
    envFrom: [],
    volumes: [],
    workdir: undefined,
    labels: {},
    keepAlive: undefined,
  }
}

/**
 * The container in which a CLI signs in: that of a task without repository and model, whose way out is the issuer's hosts.
 * Its worker runs no agent: it waits until it is ended, and copies the credential file out.
 */
export const planSignIn = (
  { request, facts, provider }: { readonly request: TaskRequest; readonly facts: Facts; readonly provider: Provider },
  service: LoginService,
  asked: Asked,
): { readonly plan: Plan; readonly program: SignInProgram } => {
  const plan = makePlan(request, facts, provider)
  const paths = planPaths(request, facts, FIRST)
  const { session: _session, gitFiles: _gitFiles, ...order } = plan.order
  const { signIn, file } = service
  return {
    plan: {
      ...plan,
      order: {
        ...order,
        run: null,
        finish: null,
        hold: true,
        take: [{ path: file.path, file: LOGIN_FILE }],
        keepHome: signIn.files.map(({ path }) => path),
      },
      model: null,
      network: { rules: rulesOf(service, asked) },
      steps: plan.steps
        .filter(({ id }) => STEPS.has(id))
        .map((step) => ({ ...step, needs: step.needs.filter((id) => STEPS.has(id)) })),
    },
    program: {
      argv: [`${paths.bin}/${provider.binary}`, ...signIn.argv(asked)],
      env: { ...agentEnvironment(request, facts, paths), ...signIn.env },
      cwd: paths.home,
      ...(signIn.goesOn === true ? { endsWith: file.path } : {}),
    },
  }
}
