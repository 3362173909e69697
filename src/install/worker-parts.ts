import { chmod, copyFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SECCOMP_FILE } from '../domain/seccomp-profile.ts'
import { WORKER_LOADER } from '../domain/worker-protocol.ts'
import { ALL } from './image-name.ts'
import type { Toolbox } from './install.ts'
import { mkdirOpen } from './into-place.ts'
import { linkTree } from './link-tree.ts'

/** Files of an agent in a toolbox that other agents do not need. */
export const AGENT_FILES: Readonly<Record<string, readonly string[]>> = {
  codex: ['bin/codex', 'bin/rg', 'lib/codex'],
  claude: ['bin/claude', 'lib/claude'],
  gemini: ['bin/gemini', 'lib/gemini', 'lib/gemini-start.cjs'],
  opencode: ['bin/opencode', 'libexec/opencode'],
}

/** The agents that a toolbox brings. */
export const AGENTS: readonly string[] = Object.keys(AGENT_FILES)

/** Nobody may read them: the Containerfile makes them anew. */
const HIDDEN = ['bin/tini', `lib/${WORKER_LOADER}`]

/** What changes with each build of Berth stands in a layer of its own. */
const PROGRAMS = ['bin/git-remote-berth', 'bin/standalone', SECCOMP_FILE]
const OF_BUILD = ['worker', 'manifest.json', ...PROGRAMS]

/** The manifest of the toolbox in an image for one agent, or for all. */
export const manifestFor = ({ manifest }: Toolbox, provider: string): Toolbox['manifest'] => {
  const version = manifest.agents[provider]
  return provider === ALL || version === undefined ? manifest : { ...manifest, agents: { [provider]: version } }
}

/** The toolbox as the worker image takes it in: `parts` and `build` below the context of its build. */
export const workerParts = async (toolbox: Toolbox, provider: string, context: string): Promise<void> => {
  const others = Object.entries(AGENT_FILES).filter(([name]) => provider !== ALL && name !== provider)
  const left = new Set([...HIDDEN, ...OF_BUILD, ...others.flatMap(([, files]) => files)])
  await linkTree(toolbox.path, join(context, 'parts'), left)
  const build = join(context, 'build')
  for (const name of ['worker', 'bin']) await mkdirOpen(join(build, name))
  for (const name of await readdir(join(toolbox.path, 'worker')))
    await copyFile(join(toolbox.path, 'worker', name), join(build, 'worker', name))
  for (const name of PROGRAMS) await copyFile(join(toolbox.path, name), join(build, name))
  const manifest = join(build, 'manifest.json')
  await writeFile(manifest, `${JSON.stringify(manifestFor(toolbox, provider), null, 2)}\n`)
  await chmod(manifest, 0o644)
}
