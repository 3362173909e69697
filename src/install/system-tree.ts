import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'

import { basename, join } from 'node:path'
import { AGENT_PACKAGES } from './agent-packages.ts'

import { imageName } from './image-name.ts'
import type { EngineCli } from './install.ts'
import { intoPlace } from './into-place.ts'
import { COLLECTORS, type Work } from './recipe.ts'
import { READABLE, run, tryRun } from './run.ts'

type Source = { readonly engine: EngineCli; readonly modules: string; readonly opencode: string }

/** Programs out of npm that need the C library. opencode is there for x64 alone. */
const programsOf = ({ modules, opencode }: Source): Readonly<Record<string, string>> => ({
  node: join(modules, `node-linux-${process.arch}/bin/node`),
  opencode: join(opencode, 'bin/opencode'),
})

const collect = async (source: Source, target: string, work: Work) => {
  const name = `berth-toolbox-${process.pid}-${randomBytes(3).toString('hex')}`
  const input = await mkdtemp(join(tmpdir(), 'berth-in-'))
  const { argv } = source.engine
  const cli = (...args: string[]) => run([...argv, ...args], work, { limitMs: 300_000 })
  const bare = ['--network', 'none', '--user', '0', '--workdir', '/', '--entrypoint', 'sh']
  // The image's label is passed on to its containers; this one is nobody's task.
  const named = ['--name', name, '--label', 'berth.managed=false', ...bare]
  try {
    await mkdir(join(input, 'programs'))
    for (const [program, from] of Object.entries(programsOf(source)))
      if (existsSync(from)) await copyFile(from, join(input, 'programs', program))
    for (const path of COLLECTORS) await copyFile(join(work.root, path), join(input, basename(path)))
    await cli('create', ...named, imageName(work.names.image), '/in/collect.sh')
    await cli('cp', input, `${name}:/in`)
    await cli('start', '--attach', name)
    await run([...READABLE, ...argv, 'cp', `${name}:/out`, target], work, { limitMs: 300_000 })
  } finally {
    await tryRun([...argv, 'rm', '--force', name], work, { limitMs: 60_000 })
    await rm(input, { recursive: true, force: true })
  }
}

/**
 * git, init, loader, libraries, and a Node and an opencode that use them, gathered in a container of the agent image:
 * `modules` is the part that came from npm, `opencode` the folder of its package. Files go in and out by the engine's copy, so the engine may be on another machine.
 */
export const systemTree = async (
  engine: EngineCli,
  modules: string,
  work: Work,
  opencode = join(modules, AGENT_PACKAGES.opencode.folder),
): Promise<string> => {
  const path = join(work.install, 'cache', `system-${work.names.system}`)
  await intoPlace(path, async (temporary) => {
    work.progress(`taking git, init and libraries out of the agent image (${engine.label})`)
    await collect({ engine, modules, opencode }, temporary, work)
  })
  return path
}
