import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { noSpace } from '../std/no-space.ts'
import type { PackagedAgent } from './agent-packages.ts'
import { assembleToolbox } from './assemble-toolbox.ts'
import { contentHash } from './content-hash.ts'
import { fetchAgent } from './fetch-agent.ts'
import { findEngines } from './find-engines.ts'
import type { InstallOptions } from './install.ts'
import { npmTree } from './npm-tree.ts'
import { readStamp } from './read-stamp.ts'
import { recipe, type Work } from './recipe.ts'
import { systemTree } from './system-tree.ts'
import type { ToolboxOverride } from './toolbox-override.ts'

export type Versions = Readonly<Partial<Record<PackagedAgent, string>>>

/** A part that was made before, in any folder of the installation. */
const cached = ({ install, read }: InstallOptions, name: string): string | undefined =>
  [install, ...read].map((folder) => join(folder, 'cache', name)).find((path) => existsSync(path))

type Programs = { readonly modules: string; readonly opencode: string | undefined; readonly version: string }

/** The system's part holds opencode, pointed at the toolbox' own loader by a program of the agent image. */
const systemFor = async ({ modules, opencode, version }: Programs, named: string | undefined, work: Work) => {
  const system = opencode === undefined ? work.names.system : contentHash(work.root, [], [work.names.system, version])
  const there = cached(work, `system-${system}`)
  if (there !== undefined) return there
  const engines = await findEngines([], { ...work, progress: () => {} })
  const engine = engines.find(({ kind }) => kind === named) ?? engines[0]
  if (engine === undefined) throw new BerthError('engine-missing', 'no container engine answers')
  return await systemTree(engine, modules, { ...work, names: { ...work.names, system } }, opencode)
}

/**
 * Makes a toolbox from the build's own one with other versions of some agents, in the folder `into`. It is not used by
 * any task yet.
 */
export const makeOverride = async (
  input: {
    readonly own: string
    readonly agents: Versions
    /** As `--engine` names it; asked for opencode alone. */
    readonly engine: string | undefined
    readonly into: string
  },
  options: InstallOptions,
): Promise<ToolboxOverride> => {
  const { own, engine, into } = input
  const work = { ...options, names: recipe(options.root) }
  const agents: Versions = Object.fromEntries(Object.entries(input.agents).sort(([a], [b]) => (a < b ? -1 : 1)))
  const folders: Partial<Record<PackagedAgent, string>> = {}
  for (const agent of Object.keys(agents) as PackagedAgent[])
    folders[agent] = await fetchAgent(agent, agents[agent] ?? '', options)
  const tree = cached(work, `npm-${work.names.npm}`)
  const modules = tree === undefined ? await npmTree(work) : join(tree, 'node_modules')
  const programs = { modules, opencode: folders.opencode, version: agents.opencode ?? '' }
  const system = await systemFor(programs, engine, work)
  const hash = contentHash(options.root, [], [own, JSON.stringify(agents)])
  const { worker = 'none', standalone = 'none' } = readStamp(options.root) ?? {}
  const parts = { hash, modules, system, programs: { worker, standalone }, agents: folders }
  await assembleToolbox(parts, { ...options, install: into }).catch((cause: unknown) => {
    if (noSpace(cause)) throw cause
    const what = Object.entries(agents).map((pair) => pair.join(' '))
    const message = `${what.join(', ')}: the package has not the files that the toolbox takes (${errorMessage(cause)})`
    throw new BerthError('agent-missing', message, { cause })
  })
  return { toolbox: hash, agents: agents as Readonly<Record<string, string>> }
}
