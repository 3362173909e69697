import { readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { agentPart } from './fetch-agent.ts'
import type { InstallOptions } from './install.ts'
import { UNFINISHED } from './into-place.ts'
import { mountedToolboxes } from './mounted-toolboxes.ts'
import type { Recipe } from './recipe.ts'
import { isOverrideFile, readOverrides } from './toolbox-override.ts'

const KEEP = 3
const YOUNG_MS = 3_600_000

type Input = InstallOptions & { readonly names: Pick<Recipe, 'image' | 'npm' | 'system'> }

const byAge = async (folder: string): Promise<readonly { path: string; age: number }[]> => {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const info = await stat(path).catch(() => undefined)
      return info === undefined ? [] : [{ path, age: Date.now() - info.mtimeMs }]
    }),
  )
  return found.flat().sort((a, b) => a.age - b.age)
}

/** Removes what an interrupted build left, toolboxes beyond those of the last set-ups that nothing uses, and old cached parts. */
export const prune = async (work: Input, current: string): Promise<void> => {
  const used = await mountedToolboxes()
  const toolboxes = (await byAge(join(work.install, 'toolbox'))).filter(({ path }) => !isOverrideFile(basename(path)))
  const finished = toolboxes.filter(({ path }) => !basename(path).startsWith(UNFINISHED))
  const overrides = Object.values(await readOverrides(work.install))
  const inForce = new Set([current, ...overrides.map(({ toolbox }) => toolbox)])
  const kept = (path: string) => inForce.has(basename(path)) || used.has(basename(path))
  const old = finished.slice(KEEP).filter(({ path, age }) => age > YOUNG_MS && !kept(path))
  const parts = await byAge(join(work.install, 'cache'))
  const clis = overrides.flatMap(({ agents }) =>
    Object.entries(agents).map(([name, version]) => agentPart(name, version)),
  )
  const own = [`npm-${work.names.npm}`, `system-${work.names.system}`, `agent-${work.names.image}.tar`]
  const needed = new Set([...own, ...clis])
  const stale = parts.filter(({ path, age }) => age > YOUNG_MS && !needed.has(basename(path)))
  const broken = toolboxes.filter(({ path, age }) => age > YOUNG_MS && basename(path).startsWith(UNFINISHED))
  for (const { path } of [...old, ...stale, ...broken]) await rm(path, { recursive: true, force: true })
}
