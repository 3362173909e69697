import { posix } from 'node:path'
import type { Mount } from '../domain/container-spec.ts'
import { podmanMountForm } from '../domain/mount-form.ts'
import type { TaskRequest } from '../domain/request.ts'
import { taskPaths, workPaths, workspaceOf } from '../domain/task-paths.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import type { Continuation, Facts } from './facts.ts'
import { temporaryMount, zoneMount } from './hardening.ts'
import { mirrorInside } from './paths.ts'
import type { SharedTree } from './plan.ts'
import { sshKeyMount } from './ssh-key.ts'
import { tokenMount } from './token-inside.ts'

const SENSITIVE = ['/', '/etc', '/root', '/home', '/var', '/usr', '/proc', '/sys', '/dev', '/run', '/boot']

/** The risk of a volume in words, or null. */
const volumeWarning = (source: string, home: string | null): string | null => {
  const path = posix.normalize(source).replace(/(.)\/$/, '$1')
  if (path.endsWith('.sock'))
    return `--volume ${source}: this socket gives the sandbox all the rights of its engine or agent`
  if (SENSITIVE.includes(path))
    return `--volume ${source}: this folder of the host has more in it than a task should see`
  if (path === home) return `--volume ${source}: the agent sees your whole home folder, with its keys`
  return null
}

const workMount = (facts: Facts, tree: SharedTree | undefined): Mount => {
  const { layer } = workPaths(facts.folders.work)
  const source = facts.source.kind === 'mount' ? facts.source.folder : workspaceOf(facts.folders)
  const over = tree === undefined ? {} : { over: { shared: `${tree.folder}/tree`, work: layer } }
  return { role: 'workspace', source, target: INSIDE.work, readOnly: false, ...over }
}

/** What the clones of the work folder borrow from. */
const cloneMounts = ({ source, further = [], folders }: Facts): readonly Mount[] => {
  if (source.kind !== 'clone') return []
  const at = (role: string, from: string, target: string): Mount => ({ role, source: from, target, readOnly: true })
  return [
    at('mirror', source.mirror, INSIDE.mirror),
    ...further.map(({ mirror, folder }) => at('mirror', mirror, mirrorInside(folder))),
    ...(source.submodules === undefined ? [] : [at('modules', taskPaths(folders.task).modules, INSIDE.modules)]),
  ]
}

/** Mounts in the order they are made, and what to warn of. On the host nothing is mounted. */
export const planMounts = (
  request: TaskRequest,
  facts: Facts,
  { next, tree }: { readonly next: Continuation; readonly tree: SharedTree | undefined },
): { mounts: readonly Mount[]; warnings: readonly string[] } => {
  if (facts.host !== null) return { mounts: [], warnings: [] }
  const { home, exchange } = taskPaths(facts.folders.task)
  const mounts: Mount[] = [
    workMount(facts, tree),
    { role: 'home', source: home, target: INSIDE.home, readOnly: false },
    {
      role: 'exchange',
      source: exchange(next),
      target: INSIDE.exchange,
      readOnly: false,
    },
    { role: 'toolbox', source: facts.toolbox.path, target: INSIDE.toolbox, readOnly: true },
    { role: 'gateway', source: facts.folders.socket, target: INSIDE.gateway, readOnly: true },
  ]
  mounts.push(...cloneMounts(facts))
  if (tree !== undefined)
    mounts.push({ role: 'index', source: `${tree.folder}/index`, target: INSIDE.index, readOnly: true })
  if (facts.source.kind === 'mount' && facts.source.hasGit) {
    mounts.push({ role: 'git', source: `${facts.source.folder}/.git`, target: `${INSIDE.work}/.git`, readOnly: true })
  }
  mounts.push(
    ...tokenMount(facts),
    ...sshKeyMount(request, facts),
    ...zoneMount(request, facts),
    ...temporaryMount(request, facts),
  )
  for (const volume of request.volumes) mounts.push({ role: 'volume', ...volume })
  if (facts.engine.kind === 'podman') for (const mount of mounts) if (mount.over === undefined) podmanMountForm(mount)
  const warnings = request.volumes.map((v) => volumeWarning(v.source, facts.home)).filter((w) => w !== null)
  return { mounts, warnings }
}
