import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { baseImage } from './base-image.ts'
import { imageName } from './image-name.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { intoPlace } from './into-place.ts'
import type { Recipe } from './recipe.ts'
import { run, tryRun } from './run.ts'

const hasImage = async (engine: EngineCli, name: string, options: InstallOptions): Promise<boolean> =>
  (await tryRun([...engine.argv, 'image', 'inspect', '--format', '{{.Id}}', name], options, { limitMs: 30_000 })).code === 0

const build = async (engine: EngineCli, names: Recipe, options: InstallOptions): Promise<void> => {
  const base = await baseImage(engine, names, options)
  options.progress(`building ${imageName(names.image)} from ${base} (${engine.label})`)
  const context = join(options.root, 'images')
  const own = engine.kind === 'podman' ? ['--format', 'docker'] : []
  const args = ['build', '--network', 'host', ...own, '--build-arg', `BASE=${base}`, '--label', `berth.image=${names.image}`]
  const tag = ['--tag', imageName(names.image), '--file', join(context, 'Containerfile'), context]
  // The classic builder: buildx is no part of Debian's docker.
  await run([...engine.argv, ...args, ...tag], options, { limitMs: 1_800_000, env: { DOCKER_BUILDKIT: '0' } })
}

const save = async (engine: EngineCli, name: string, tar: string, options: InstallOptions): Promise<void> => {
  await intoPlace(tar, async (temporary) => {
    const own = engine.kind === 'podman' ? ['--format', 'docker-archive'] : []
    await run([...engine.argv, 'save', ...own, '--output', temporary, name], options, { limitMs: 600_000 })
  })
}

/** The agent image in every one of these engines: built once, then carried over as a saved archive. */
export const agentImage = async (engines: readonly EngineCli[], names: Recipe, options: InstallOptions): Promise<void> => {
  const [first] = engines
  if (first === undefined) throw new BerthError('engine-missing', 'no container engine answers, so there is nothing to build images with')
  const name = imageName(names.image)
  const tar = join(options.install, 'cache', `agent-${names.image}.tar`)
  const there = await Promise.all(engines.map((engine) => hasImage(engine, name, options)))
  if (there.every((has) => has)) return
  let source = engines.find((_, index) => there[index])
  const loaded = new Set(engines.filter((_, index) => there[index]))
  const load = async (engine: EngineCli) => {
    options.progress(`loading ${name} (${engine.label})`)
    await run([...engine.argv, 'load', '--input', tar], options, { limitMs: 600_000 })
    if (!(await hasImage(engine, name, options))) throw new BerthError('engine-error', `${engine.label} loaded ${tar} but does not know ${name}`)
    loaded.add(engine)
  }
  if (source === undefined) {
    await build(first, names, options)
    loaded.add(first)
    source = first
  }
  for (const engine of engines) {
    if (loaded.has(engine)) continue
    await save(source, name, tar, options)
    await load(engine)
  }
  for (const engine of engines) {
    await run([...engine.argv, 'tag', name, imageName('latest')], options, { limitMs: 30_000 })
  }
}
