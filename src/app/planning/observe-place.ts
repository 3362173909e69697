import { randomBytes } from 'node:crypto'
import type { CallerContext } from '../../domain/caller-context.ts'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Engine, EngineInfo } from '../../engines/engine.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps, Trial } from '../deps.ts'
import { checkLayer } from './check-layer.ts'
import { observeHost } from './observe-host.ts'
import { observeImage } from './observe-image.ts'
import { LOADED_PROFILES, readApparmor } from './read-apparmor.ts'
import { refuseHardening } from './refuse-hardening.ts'
import { refuseMachine, refusePublish } from './refuse-machine.ts'
import { refusePolicy } from './refuse-policy.ts'

/** Where a task runs: a container of an engine, or this machine. */
export type Place = {
  readonly engine: Engine
  readonly facts: Pick<Facts, 'engine' | 'image' | 'toolbox' | 'host'>
  readonly hardening?: Facts['hardening']
  readonly notices: readonly string[]
}

type Input = {
  readonly deps: Pick<Deps, 'engines' | 'installation'>
  readonly request: TaskRequest
  readonly provider: Provider
  /** The folder for workspaces; null: the state folder. */
  readonly base: string | null
  readonly caller: CallerContext
  /** Nothing is to be created: what only this machine lacks is a notice. */
  readonly dry?: boolean
  readonly signal: AbortSignal
}

/** What an engine is like does not change while it answers; asked once per endpoint. */
const checkLimits = (request: TaskRequest, kind: EngineKind, info: EngineInfo) => {
  const asked = { memory: request.memory, cpus: request.cpus, pids: request.pids }
  for (const name of ['memory', 'cpus', 'pids'] as const) {
    if (asked[name] === undefined || info.limits[name]) continue
    const hint = info.sandbox
      ? 'Leave the flag out, or use an engine with delegated cgroups.'
      : 'Leave the flag out, or use a container: --isolation container.'
    throw new BerthError('engine-error', `--${name}: ${kind} cannot enforce this limit here`, { hint })
  }
}

const NO_IMAGE: Facts['image'] = { reference: '', digest: null, path: null }

/** The folder of the host's containers, by which the host is named as an engine is by its socket. */
export const hostEndpoint = (deps: Pick<Deps, 'installation'>): string => `${deps.installation.folders.state}/host`

const refuseUnfit = ({ volumes, user }: TaskRequest) => {
  const hint = 'Leave the flag out, or use a container: --isolation container.'
  if (volumes.length > 0)
    throw new BerthError(
      'bad-volume',
      '--volume: with --isolation host nothing is mounted; the agent sees the folder itself',
      {
        hint,
      },
    )
  if (user !== undefined)
    throw new BerthError('bad-request', '--user: with --isolation host the agent runs as you', { hint })
}

/** Flags that ask the engine or the machine for something for the container. */
const refuseOfContainers = ({ gpus, devices, publish, runtime, shmSize, ulimits }: TaskRequest) => {
  const asked = {
    gpus: gpus !== undefined,
    device: devices.length > 0,
    publish: publish.length > 0,
    runtime: runtime !== undefined,
    'shm-size': shmSize !== undefined,
    ulimit: ulimits.length > 0,
  }
  const flag = Object.entries(asked).find(([, isAsked]) => isAsked)?.[0]
  if (flag !== undefined)
    throw new BerthError('bad-request', `--${flag}: with --isolation host there is no container to give it to`, {
      hint: 'Leave the flag out, or use a container: --isolation container.',
    })
}

/** Tries runtime and GPUs. A dry run shows the plan also where this machine cannot carry it out. */
const tryMachine = async ({ deps, request, dry }: Input, trial: Trial): Promise<readonly string[]> => {
  const { gpus, runtime } = request
  try {
    await deps.engines.checkMachine(trial, {
      ...(gpus === undefined ? {} : { gpus }),
      ...(runtime === undefined ? {} : { runtime }),
    })
    return []
  } catch (error) {
    if (dry !== true || !(error instanceof BerthError) || error.code !== 'no-gpu-runtime') throw error
    return [`${error.message}; Berth would refuse the task`]
  }
}

const hostPlace = async ({ deps, request, provider, base, caller, signal }: Input): Promise<Place> => {
  refuseUnfit(request)
  refuseOfContainers(request)
  const engine = deps.engines.at('host', hostEndpoint(deps))
  const info = await engine.info(signal)
  checkLimits(request, 'host', info)
  await checkLayer(request, { info, state: deps.installation.folders.state, base })
  const placeholder = `berth-${randomBytes(24).toString('hex')}`
  const { host, cli, notices } = await observeHost({ deps, provider, env: caller.env, placeholder, signal })
  const facts = { image: NO_IMAGE, toolbox: { path: '', hash: '', cli }, host }
  return { engine, facts: { engine: { kind: 'host', endpoint: engine.endpoint, info }, ...facts }, notices }
}

const containerPlace = async (input: Input): Promise<Place> => {
  const { deps, request, provider, base, caller, signal } = input
  if (request.hostPermissive)
    throw new BerthError(
      'bad-request',
      '--host-permissive is for --isolation host; in a container the agent has no approvals or sandbox of its own anyway',
    )
  refusePublish(request)
  const [sandbox, toolbox] = await Promise.all([
    observeImage({ deps, request, caller, signal }),
    deps.installation.toolbox(),
  ])
  if (toolbox === undefined) throw new BerthError('toolbox-missing', 'the toolbox with the agent CLIs is not installed')
  const cli = provider.binary === null ? null : (toolbox.versions[provider.id] ?? null)
  if (provider.binary !== null && cli === null)
    throw new BerthError('agent-missing', `the toolbox has no ${provider.title}`)
  const { kind, engine, info, reference, image } = sandbox
  checkLimits(request, kind, info)
  refusePolicy(request, { info, base })
  refuseHardening(request, info)
  const { apparmorProfile, securityLabel } = request
  const apparmor =
    apparmorProfile === undefined
      ? undefined
      : await readApparmor(apparmorProfile, info.sameHost === true ? LOADED_PROFILES : null)
  await refuseMachine(request, info)
  await checkLayer(request, { info, state: deps.installation.folders.state, base })
  const own = reference === deps.installation.defaultImage
  const trial = { engine, info, reference, image, own, toolbox, securityLabel, signal }
  await deps.engines.checkFiles(trial)
  const { temporary } = await deps.engines.checkImage(trial)
  const notices = await tryMachine(input, trial)
  return {
    engine,
    facts: {
      engine: { kind, endpoint: engine.endpoint, info },
      image: {
        reference,
        digest: image.digest ?? image.id,
        path: image.path,
        ...(temporary ? {} : { noTemporary: true as const }),
      },
      toolbox: { path: toolbox.path, hash: toolbox.hash, cli },
      host: null,
    },
    ...(apparmor !== undefined && { hardening: { apparmor } }),
    notices,
  }
}

/** Looks at where the task will run. The host is never taken by itself. */
export const observePlace = (input: Input): Promise<Place> =>
  input.request.isolation === 'host' ? hostPlace(input) : containerPlace(input)
