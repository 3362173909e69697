import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { removeTree } from '../../std/remove-tree.ts'
import type { Deps } from '../deps.ts'
import { helperSpec } from './helper-spec.ts'

const LIMIT_MS = 120_000

/** The kernel empties its folder when it mounts the layer again. */
const mountOnce = async (engine: Engine, spec: ContainerSpec): Promise<void> => {
  const signal = AbortSignal.timeout(LIMIT_MS)
  await engine.remove(spec.name, signal)
  try {
    const id = await engine.create(spec, signal)
    await engine.start(id, signal)
    await engine.wait(id, signal)
  } finally {
    await engine.remove(spec.name)
  }
}

/**
 * Removes what the kernel keeps beside a workspace that is a layer. It is of the engine's root: who is another may remove
 * it only when it is empty. Idempotent.
 */
export const freeLayer = async (deps: Pick<Deps, 'engines' | 'installation'>, plan: Plan): Promise<void> => {
  const { layer } = plan.folders
  if (layer === undefined || !existsSync(layer)) return
  const remove = async () => {
    await rmdir(`${layer}/work`).catch(() => {})
    await removeTree(layer)
  }
  try {
    await remove()
  } catch (error) {
    const toolbox = await deps.installation.toolbox()
    if (toolbox === undefined || !['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    const argv = [`${INSIDE.toolbox}/bin/node`, '--version']
    const spec = helperSpec(plan, toolbox, { name: 'layer', argv, mounts: ['workspace'] })
    await mountOnce(deps.engines.at(plan.engine.kind, plan.engine.endpoint), spec)
    await remove()
  }
}
