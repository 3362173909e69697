import { aboutBuild } from './about-build.ts'
import { agentImage } from './agent-image.ts'
import { buildAll } from './build-all.ts'
import { contentRef, ensureImage, hashOf, type WantedImage } from './ensure-image.ts'
import { ALL, type ImageKind, imageRef } from './image-name.ts'
import { tagFor, tagsOf } from './image-tags.ts'
import type { EngineCli, InstallOptions, Toolbox } from './install.ts'
import { pruneImages } from './prune-images.ts'
import { recipe, type Work } from './recipe.ts'
import { run } from './run.ts'

export type AskedImages = {
  readonly kinds: readonly ImageKind[]
  /** The toolbox too, if no kind needs it. */
  readonly withToolbox: boolean
  /** The one agent of the worker image, or `all`. */
  readonly provider: string
  /** Tags of the user's own. */
  readonly tags: readonly string[]
}

export type BuiltImage = {
  readonly ref: string
  readonly engine: string
  readonly kind: ImageKind
  readonly provider: string
  readonly tags: readonly string[]
}

const tagAll = async ({ argv }: EngineCli, wanted: WantedImage, tags: readonly string[], work: Work): Promise<void> => {
  const ref = contentRef(wanted, work)
  for (const tag of tags) await run([...argv, 'tag', ref, imageRef(wanted.kind, tag)], work, { limitMs: 30_000 })
}

/** What the images of these kinds are built from: the agent image in each engine, and the toolbox for a worker. */
const partsOf = async (
  { kinds, withToolbox }: AskedImages,
  engines: readonly EngineCli[],
  work: Work,
): Promise<Toolbox | undefined> => {
  if (withToolbox || kinds.includes('worker')) return await buildAll(engines, work)
  if (kinds.some((kind) => kind !== 'base')) await agentImage(engines, work)
  return undefined
}

/** Images of the family into every one of these engines, with their tags. Makes only what is missing. */
export const buildFamily = async (
  asked: AskedImages,
  engines: readonly EngineCli[],
  options: InstallOptions,
): Promise<{ readonly images: readonly BuiltImage[]; readonly toolbox: Toolbox | undefined }> => {
  const work = { ...options, names: recipe(options.root) }
  const toolbox = await partsOf(asked, engines, work)
  const about = await aboutBuild(options)
  const images: BuiltImage[] = []
  for (const kind of asked.kinds) {
    const worker = kind === 'worker'
    const provider = worker ? asked.provider : ALL
    const wanted: WantedImage = { kind, provider, toolbox: worker ? toolbox : undefined }
    const hash = hashOf(wanted, work)
    const tags = tagsOf({ hash, ...about, provider, asked: asked.tags })
    for (const engine of engines) {
      const ref = await ensureImage(engine, wanted, work)
      await tagAll(engine, wanted, tags.slice(1), work)
      await pruneImages(engine, kind, tagFor(provider, hash), work)
      images.push({ ref, engine: engine.label, kind, provider, tags })
    }
  }
  return { images, toolbox }
}
