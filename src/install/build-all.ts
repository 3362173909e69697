import { utimes } from 'node:fs/promises'
import { BerthError } from '../domain/errors.ts'
import { agentImage } from './agent-image.ts'
import { assembleToolbox } from './assemble-toolbox.ts'
import { checkSpace } from './check-space.ts'
import { currentToolbox } from './current-toolbox.ts'
import type { EngineCli, InstallOptions, Toolbox } from './install.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { npmTree } from './npm-tree.ts'
import { prune } from './prune.ts'
import { readStamp } from './read-stamp.ts'
import { recipe } from './recipe.ts'
import { systemTree } from './system-tree.ts'

/** Images into every engine, then the toolbox for this build. Makes only what is not there. */
export const buildAll = async (engines: readonly EngineCli[], options: InstallOptions): Promise<Toolbox> => {
  const names = recipe(options.root)
  const work = { ...options, names }
  await checkSpace(options)
  await agentImage(engines, work)
  const stamp = readStamp(options.root)
  const { worker = 'none', standalone = 'none' } = stamp ?? {}
  const hash = names.toolbox({ worker, standalone })
  const [engine] = engines
  if ((await locateToolbox(options.read, hash)) === undefined && engine !== undefined) {
    const modules = await npmTree(work)
    const system = await systemTree(engine, modules, work)
    await assembleToolbox({ hash, modules, system, programs: { worker, standalone } }, options)
    await prune(work, hash)
  }
  const toolbox = await currentToolbox(options, hash)
  if (toolbox === undefined)
    throw new BerthError('toolbox-missing', `toolbox ${hash} was built but is not in ${options.install}`)
  const now = new Date()
  // It is in use, for `prune` of another build on this machine. An ordinary user may only read what root installed.
  await utimes(toolbox.path, now, now).catch(() => {})
  return toolbox
}
