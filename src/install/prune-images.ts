import { type ImageKind, imageRef } from './image-name.ts'
import { isMadeTag } from './image-tags.ts'
import type { EngineCli } from './install.ts'
import { imagesOf } from './list-images.ts'
import type { Work } from './recipe.ts'
import { tryRun } from './run.ts'

const KEEP = 3
const YOUNG_MS = 3_600_000

/**
 * Takes the names of older images of a kind away, never by force: one that a container still uses stays, and so does one
 * with a name of the user's.
 */
export const pruneImages = async (engine: EngineCli, kind: ImageKind, current: string, work: Work): Promise<void> => {
  const images = (await imagesOf(engine, work)).filter(({ ref }) => ref.startsWith(imageRef(kind, '')))
  const now = images.find(({ ref }) => ref === imageRef(kind, current))
  const others = images.filter(({ id, provider }) => id !== now?.id && provider === now?.provider)
  const old = [...new Set(others.map(({ id }) => id))].slice(KEEP - 1)
  for (const { id, ref, created } of others) {
    if (!old.includes(id) || Date.now() - Date.parse(created) < YOUNG_MS) continue
    if (!isMadeTag(ref.slice(imageRef(kind, '').length))) continue
    await tryRun([...engine.argv, 'rmi', ref], work, { limitMs: 60_000 })
  }
}
