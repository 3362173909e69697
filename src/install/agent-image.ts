import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { ensureImage } from './ensure-image.ts'
import { hasImage } from './has-image.ts'
import { ALL, imageName } from './image-name.ts'
import type { EngineCli } from './install.ts'
import { intoPlace } from './into-place.ts'
import { pruneImages } from './prune-images.ts'
import type { Work } from './recipe.ts'
import { run } from './run.ts'

const save = ({ argv, kind }: EngineCli, name: string, archive: string, work: Work): Promise<boolean> => {
  const format = kind === 'podman' ? ['--format', 'docker-archive'] : []
  return intoPlace(archive, async (temporary) => {
    await run([...argv, 'save', ...format, '--output', temporary, name], work, { limitMs: 600_000 })
  })
}

const load = async (engine: EngineCli, name: string, archive: string, work: Work): Promise<void> => {
  work.progress(`loading ${name} (${engine.label})`)
  const { size } = await stat(archive)
  const stdin = createReadStream(archive)
  stdin.on('data', () => work.bytes?.(`loading ${name}`, stdin.bytesRead, size))
  await run([...engine.argv, 'load'], work, { limitMs: 600_000, stdin })
  if (await hasImage(engine, name, work)) return
  // An archive saved by Podman bears Podman's name for it.
  await run([...engine.argv, 'tag', `localhost/${name}`, name], work, { limitMs: 30_000 })
}

/** The agent image in every one of these engines: built once, then carried over as a saved archive. */
export const agentImage = async (engines: readonly EngineCli[], work: Work): Promise<void> => {
  const [first] = engines
  if (first === undefined) {
    throw new BerthError('engine-missing', 'no container engine answers, so Berth cannot build images')
  }
  const name = imageName(work.names.image)
  const archive = join(work.install, 'cache', `agent-${work.names.image}.tar`)
  const there = await Promise.all(engines.map((engine) => hasImage(engine, name, work)))
  if (there.every((has) => has)) return
  const saved = await stat(archive).catch(() => undefined)
  let missing = engines.filter((_, index) => !there[index])
  if (saved === undefined) {
    let source = engines.find((_, index) => there[index])
    if (source === undefined) {
      await ensureImage(first, { kind: 'agent', provider: ALL, toolbox: undefined }, work)
      source = first
      missing = missing.slice(1)
    }
    if (missing.length > 0) await save(source, name, archive, work)
  }
  const without = new Set<EngineCli>()
  for (const engine of missing) {
    try {
      await load(engine, name, archive, work)
    } catch (error) {
      // One engine that fails is no reason to have none, but for a run that wants them all.
      if (engines.length === 1 || work.env['CI'] === 'true') throw error
      work.progress(`${engine.label} did not get the image: ${errorMessage(error)}`)
      without.add(engine)
    }
  }
  for (const engine of engines.filter((one) => !without.has(one))) {
    await run([...engine.argv, 'tag', name, imageName('latest')], work, { limitMs: 30_000 })
    await pruneImages(engine, 'agent', work.names.image, work)
  }
}
