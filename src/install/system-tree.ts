import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { imageName } from './image-name.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { intoPlace } from './into-place.ts'
import type { Recipe } from './recipe.ts'
import { run, tryRun } from './run.ts'

const collect = async (engine: EngineCli, node: string, image: string, target: string, options: InstallOptions) => {
  const name = `berth-toolbox-${process.pid}-${randomBytes(3).toString('hex')}`
  const input = await mkdtemp(join(tmpdir(), 'berth-in-'))
  const cli = (...args: string[]) => run([...engine.argv, ...args], options, { limitMs: 300_000 })
  try {
    await copyFile(node, join(input, 'node'))
    await copyFile(join(options.root, 'images/toolbox/collect.sh'), join(input, 'collect.sh'))
    await cli('create', '--name', name, '--network', 'none', '--user', '0', '--workdir', '/', image, 'sh', '/in/collect.sh')
    await cli('cp', input, `${name}:/in`)
    await cli('start', '--attach', name)
    await cli('cp', `${name}:/out`, target)
  } finally {
    await tryRun([...engine.argv, 'rm', '--force', name], { ...options, env: options.env }, { limitMs: 60_000 })
    await rm(input, { recursive: true, force: true })
  }
}

/** git, init, loader, libraries and a Node that uses them, gathered in a container of the agent image. */
export const systemTree = async (engine: EngineCli, names: Recipe, modules: string, options: InstallOptions): Promise<string> => {
  const path = join(options.install, 'cache', `system-${names.system}`)
  await intoPlace(path, async (temporary) => {
    options.progress(`taking git, init and libraries out of the agent image (${engine.label})`)
    await mkdir(join(options.install, 'cache'), { recursive: true })
    await collect(engine, join(modules, `node-linux-${process.arch}`, 'bin/node'), imageName(names.image), temporary, options)
  })
  return path
}
