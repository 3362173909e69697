import { IMAGE, imageName } from './image-name.ts'
import type { EngineCli } from './install.ts'
import type { Work } from './recipe.ts'
import { tryRun } from './run.ts'

const KEEP = 3

/** Takes the names of older agent images away, never by force: one that a container still uses stays. */
export const pruneImages = async ({ argv }: EngineCli, work: Work): Promise<void> => {
  const listed = await tryRun([...argv, 'images', '--format', '{{.Tag}}', IMAGE], work, { limitMs: 30_000 })
  const tags = listed.stdout
    .toString()
    .split('\n')
    .filter((tag) => /^[0-9a-f]{12}$/.test(tag) && tag !== work.names.image)
  for (const tag of tags.slice(KEEP - 1)) {
    await tryRun([...argv, 'rmi', imageName(tag)], work, { limitMs: 60_000 })
  }
}
