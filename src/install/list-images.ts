import { versionsIn } from './image-labels.ts'
import { ALL, type ImageKind, KINDS } from './image-name.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { run, tryRun } from './run.ts'

export type ListedImage = {
  readonly ref: string
  readonly engine: string
  readonly id: string
  readonly kind: ImageKind
  readonly provider: string
  /** In bytes, with the layers that other images share. */
  readonly size: number
  readonly created: string
  /** Of Berth, and of Node, git and each agent CLI in a worker image. */
  readonly versions: Readonly<Record<string, string>>
}

/** What an engine tells of an image, as far as it is used here. */
export type Inspected = {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
  readonly Created: string
  readonly Size: number
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null }
}

/** Podman's own names for an image without a registry. */
const PODMANS = /^(?:localhost|docker\.io\/library)\//

const kindOf = (ref: string): ImageKind | undefined =>
  KINDS.find((kind) => new RegExp(`(?:^|/)berth-${kind}:[^/]+$`).test(ref))

const rowsOf = (engine: EngineCli, image: Inspected): readonly ListedImage[] => {
  const labels = image.Config.Labels ?? {}
  return (image.RepoTags ?? []).flatMap((name) => {
    const ref = name.replace(PODMANS, '')
    const kind = kindOf(ref)
    if (kind === undefined) return []
    const provider = labels['berth.provider'] ?? ALL
    const { Id: id, Size: size, Created: created } = image
    return [{ ref, engine: engine.label, id, kind, provider, size, created, versions: versionsIn(labels) }]
  })
}

/** The images of the family that an engine holds, a row for each tag, newest first. */
export const imagesOf = async (engine: EngineCli, options: InstallOptions): Promise<readonly ListedImage[]> => {
  const filter = ['--filter', 'label=berth.image', '--no-trunc', '--format', '{{.ID}}']
  const ids = new Set((await run([...engine.argv, 'images', ...filter], options, { limitMs: 30_000 })).split('\n'))
  ids.delete('')
  if (ids.size === 0) return []
  // One that has gone meanwhile is missing in the answer.
  const shown = await tryRun([...engine.argv, 'image', 'inspect', ...ids], options, { limitMs: 30_000 })
  const images = JSON.parse(shown.stdout.toString() || '[]') as readonly Inspected[]
  const rows = images.flatMap((image) => rowsOf(engine, image))
  return rows.sort((a, b) => Date.parse(b.created) - Date.parse(a.created))
}

export const listImages = async (
  engines: readonly EngineCli[],
  options: InstallOptions,
): Promise<readonly ListedImage[]> => (await Promise.all(engines.map((engine) => imagesOf(engine, options)))).flat()
