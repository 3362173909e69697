import type { Gpus, Mount } from '../domain/container-spec.ts'
import { cdiNames, gpuWords, isCdi } from '../domain/gpu-words.ts'
import { bindText, podmanMountForm } from '../domain/mount-form.ts'
import { publishWords } from '../domain/publish-words.ts'
import { hardeningFlags } from './hardening-flags.ts'
import type { Plan } from './plan.ts'

/** The task's own overlay on a shared folder, for the command line of each engine. */
const layerFlag = (kind: Plan['engine']['kind'], { source, target, over }: Mount): readonly string[] => {
  const [shared, own] = [over?.shared ?? '', `upperdir=${source},workdir=${over?.work ?? ''}`]
  if (kind === 'podman') return ['--volume', `${shared}:${target}:O,${own}`]
  const overlay = 'volume-driver=local,volume-opt=type=overlay,volume-opt=device=overlay'
  return ['--mount', `type=volume,target=${target},${overlay},"volume-opt=o=lowerdir=${shared},${own},redirect_dir=on"`]
}

/** One of several words separated by commas: in quotes if it has a comma itself. */
const word = (text: string) => (/[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const mountFlag = (kind: Plan['engine']['kind'], mount: Mount) => {
  const { source, target, readOnly } = mount
  if (kind === 'podman' && podmanMountForm(mount) === 'bind') return ['--volume', bindText(mount)]
  return ['--mount', `type=bind,${word(`source=${source}`)},${word(`target=${target}`)}${readOnly ? ',readonly' : ''}`]
}

const userFlags = (plan: Plan): readonly string[] => {
  const { user, userNamespace } = plan.container
  const flags = ['--user', `${user.uid}:${user.gid}`]
  if (userNamespace === 'keep-id') return [...flags, '--userns', 'keep-id']
  // A daemon that remaps users would give the folders to strangers.
  return plan.engine.kind === 'docker' && userNamespace === 'none' ? [...flags, '--userns', 'host'] : flags
}

const cdiFlags = (gpus: Gpus): readonly string[] => cdiNames(gpus).flatMap((name) => ['--device', name])

/** Docker's CLI reads commas as the ends of words. */
const dockerGpus = (gpus: Gpus): readonly string[] => (isCdi(gpus) ? cdiFlags(gpus) : ['--gpus', word(gpuWords(gpus))])

/** What the user asked of the machine for the container: GPUs, devices, ports, limits of processes. */
const machineFlags = ({ engine: { kind }, container }: Plan): readonly string[] => {
  const { gpus, devices = [], publish = [], ulimits = [], shmBytes } = container
  const named = new Set(ulimits.map(({ name }) => name))
  const own = kind === 'docker' ? Object.entries(container.userLimits ?? {}) : []
  return [
    ...own.flatMap(([name, value]) => (named.has(name) ? [] : ['--ulimit', `${name}=${value}`])),
    ...ulimits.flatMap(({ name, soft, hard }) => ['--ulimit', `${name}=${soft}:${hard}`]),
    ...(shmBytes === undefined ? [] : ['--shm-size', String(shmBytes)]),
    ...(gpus === undefined ? [] : kind === 'podman' ? cdiFlags(gpus) : dockerGpus(gpus)),
    ...devices.flatMap(({ source, target, access }) => ['--device', `${source}:${target}:${access}`]),
    ...publish.flatMap((port) => ['--publish', publishWords(port)]),
  ]
}

/** A Podman service has one runtime, and its remote command line none to name. */
const runWords = ({ engine: { kind }, container: { runtime } }: Plan): readonly string[] =>
  runtime === undefined || kind === 'podman' ? ['run'] : ['run', '--runtime', runtime]

/** The worker as it is started without a container. */
const hostCommand = ({ container, folders }: Plan) => ({
  argv: ['env', '-i', ...Object.entries(container.env).map(([name, value]) => `${name}=${value}`), ...container.argv],
  folders: [folders.workspace, folders.home, folders.exchange, folders.socket],
})

/** The docker or podman command that makes the same container, or the command on the host, and the folders it needs. */
export const engineCommand = (
  plan: Plan,
): { readonly argv: readonly string[]; readonly folders: readonly string[] } => {
  if (plan.isolation === 'host') return hostCommand(plan)
  const spec = plan.container
  const endpoint =
    plan.engine.kind === 'docker'
      ? ['docker', '--host', plan.engine.endpoint]
      : ['podman', '--url', plan.engine.endpoint]
  const argv = [
    ...endpoint,
    ...runWords(plan),
    '--name',
    spec.name,
    ...userFlags(plan),
    '--workdir',
    spec.workdir,
    ...(spec.network === 'none' ? ['--network', 'none'] : []),
    ...spec.capDrop.flatMap((cap) => ['--cap-drop', cap]),
    ...(spec.noNewPrivileges ? ['--security-opt', 'no-new-privileges'] : []),
    ...(spec.seccomp === undefined ? [] : ['--security-opt', `seccomp=${spec.seccomp}`]),
    ...hardeningFlags(plan.engine.kind, spec),
    ...(spec.memoryBytes === null
      ? []
      : ['--memory', String(spec.memoryBytes.value), '--memory-swap', String(spec.memoryBytes.value)]),
    ...(spec.cpus === null ? [] : ['--cpus', String(spec.cpus.value)]),
    ...(spec.pids === null ? [] : ['--pids-limit', String(spec.pids.value)]),
    ...machineFlags(plan),
    '--no-healthcheck',
    '--log-driver',
    plan.engine.logDriver,
    ...Object.entries(spec.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...Object.entries(spec.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...spec.mounts.flatMap((mount) =>
      mount.over ? layerFlag(plan.engine.kind, mount) : mountFlag(plan.engine.kind, mount),
    ),
    '--entrypoint',
    spec.argv[0] ?? '',
    spec.image,
    ...spec.argv.slice(1),
  ]
  const folders = spec.mounts.flatMap(({ source, over }) => (over ? [source, over.work, over.shared] : [source]))
  return { argv, folders }
}
