import { existsSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { INSIDE } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { removeTree } from '../../std/remove-tree.ts'
import type { Deps } from '../deps.ts'
import { helperSpec } from './helper-spec.ts'
import { runOnce } from './run-once.ts'

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
    const argv = [`${INSIDE.toolbox}/libexec/node`, '--version']
    const spec = helperSpec(plan, toolbox, { name: 'layer', argv, mounts: ['workspace'] })
    // The kernel empties its folder when it mounts the layer again.
    await runOnce(deps.engines.at(plan.engine.kind, plan.engine.endpoint), spec)
    await remove()
  }
}
