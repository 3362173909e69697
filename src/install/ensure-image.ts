import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aboutBuild } from './about-build.ts'
import { alone } from './alone.ts'
import { stageOn } from './containerfile.ts'
import { debianImage } from './debian-image.ts'
import { hasImage } from './has-image.ts'
import { labelsOf } from './image-labels.ts'
import { ALL, type ImageKind, imageRef } from './image-name.ts'
import { tagFor } from './image-tags.ts'
import type { EngineCli, Toolbox } from './install.ts'
import { mkdirOpen, UNFINISHED } from './into-place.ts'
import type { Work } from './recipe.ts'
import { READABLE, run } from './run.ts'
import { manifestFor, workerParts } from './worker-parts.ts'

export type WantedImage = {
  readonly kind: ImageKind
  /** The one agent of a worker image, or `all`. */
  readonly provider: string
  /** What a worker image takes in; undefined for the others. */
  readonly toolbox: Toolbox | undefined
}

export const hashOf = ({ kind, toolbox }: WantedImage, { names }: Work): string =>
  names.tag(kind, toolbox?.manifest.hash ?? '')

export const contentRef = (wanted: WantedImage, work: Work): string =>
  imageRef(wanted.kind, tagFor(wanted.provider, hashOf(wanted, work)))

/** A folder with one stage as its Containerfile, and the files that this stage copies. */
const fillContext = async (context: string, text: string, { kind, provider, toolbox }: WantedImage, work: Work) => {
  await writeFile(join(context, 'Containerfile'), text)
  const own = join(work.root, 'images', kind)
  if (existsSync(own)) await cp(own, join(context, kind), { recursive: true })
  if (toolbox !== undefined) await workerParts(toolbox, provider, context)
}

const build = async (engine: EngineCli, from: string, wanted: WantedImage, work: Work): Promise<void> => {
  const { kind, provider, toolbox } = wanted
  const manifest = toolbox === undefined ? undefined : manifestFor(toolbox, provider)
  const about = await aboutBuild(work)
  const labels = labelsOf({ kind, provider, hash: hashOf(wanted, work), from, manifest, ...about })
  const cache = join(work.install, 'cache')
  // Beside the toolbox, so that its files are linked and not copied.
  const context = await mkdtemp(join(cache, `${UNFINISHED}image-`))
  try {
    await fillContext(context, stageOn(from, work.names.stage(kind), labels), wanted, work)
    const format = engine.kind === 'podman' ? ['--format', 'docker'] : []
    const args = ['--network', 'host', ...format, '--tag', contentRef(wanted, work)]
    const whole = [...READABLE, ...engine.argv, 'build', ...args, '--file', join(context, 'Containerfile'), context]
    // The classic builder: buildx is no part of Debian's docker.
    await run(whole, work, { limitMs: 1_800_000, env: { DOCKER_BUILDKIT: '0' } })
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

/** Another one may have made it meanwhile. */
const make = async (engine: EngineCli, wanted: WantedImage, work: Work): Promise<void> => {
  const ref = contentRef(wanted, work)
  if (await hasImage(engine, ref, work)) return
  const parent = work.names.parent(wanted.kind)
  const from =
    parent === null
      ? await debianImage(engine, work)
      : await ensureImage(engine, { kind: parent, provider: ALL, toolbox: undefined }, work)
  work.progress(`building ${ref} from ${from} (${engine.label})`)
  await build(engine, from, wanted, work)
}

/** The image in this engine, with those that it is built on. Gives its name by content; makes only what is missing. */
export const ensureImage = async (engine: EngineCli, wanted: WantedImage, work: Work): Promise<string> => {
  const ref = contentRef(wanted, work)
  if (await hasImage(engine, ref, work)) return ref
  const cache = join(work.install, 'cache')
  await mkdirOpen(cache)
  // Two builds at once, for two engines or for one, would only slow each other down.
  await alone(join(cache, `${UNFINISHED}${ref.replace(':', '-')}`), work.signal, () => make(engine, wanted, work))
  return ref
}
