import { existsSync } from 'node:fs'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { ENGINE_CAPABILITIES, TIERS } from '../../domain/policy.ts'
import { OWN } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { workerArgv } from '../../plan/paths.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { helperSpec } from './helper-spec.ts'
import { runOnce } from './run-once.ts'

/** What it takes to change the owner of a file, also in a folder that is closed to others, and of one with a setuid bit. */
const NEEDED = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER']

/** The folders of Berth's own that a container could write. The user's own folder is left as it is. */
const foldersOf = ({ container, source }: Plan): ContainerSpec['mounts'] =>
  container.mounts.filter(
    ({ role, source: folder }) =>
      (role === 'home' ||
        role === 'exchange' ||
        role === 'temporary' ||
        (role === 'workspace' && source.kind !== 'mount')) &&
      existsSync(folder),
  )

/**
 * Gives the files that a container's root left in the task's folders to the task's user: neither the host nor the next
 * turn could change or remove them. A container without network, and with the toolbox's programs alone, does so.
 * For a task whose container has ended. Nothing to do for a tier without a root inside.
 */
export const giveBack = async (
  deps: Pick<Deps, 'installation'>,
  { plan, engine }: { readonly plan: Plan; readonly engine: Engine },
): Promise<void> => {
  if (plan.policy === undefined || TIERS[plan.policy].root === 'never') return
  const folders = foldersOf(plan)
  if (folders.length === 0) return
  const { user } = plan.container
  const spec = helperSpec(plan, await deps.installation.toolbox(), {
    name: 'own',
    argv: workerArgv(OWN, `${user.uid}`, `${user.gid}`, ...folders.map(({ target }) => target)),
    mounts: folders.map(({ role }) => role),
  })
  const code = await runOnce(engine, {
    ...spec,
    user: { uid: 0, gid: 0 },
    capDrop: ENGINE_CAPABILITIES.filter((name) => !NEEDED.includes(name)),
  })
  if (code !== 0) throw new Error(`${spec.name} ended with exit code ${code}`)
}
