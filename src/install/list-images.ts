import { IMAGE } from './image-name.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { run } from './run.ts'

export type ListedImage = {
  readonly engine: string
  readonly tag: string
  readonly id: string
  readonly size: string
  readonly created: string
}

/** The agent images each engine holds, newest first as the engine lists them. */
export const listImages = async (
  engines: readonly EngineCli[],
  options: InstallOptions,
): Promise<readonly ListedImage[]> => {
  const format = '{{.Tag}}\t{{.ID}}\t{{.Size}}\t{{.CreatedAt}}'
  const lists = await Promise.all(
    engines.map(async (engine) => {
      const text = await run([...engine.argv, 'images', '--format', format, IMAGE], options, { limitMs: 30_000 })
      return text.split('\n').flatMap((line) => {
        const [tag, id, size, created] = line.split('\t')
        if (tag === undefined || id === undefined || size === undefined || created === undefined) return []
        return [{ engine: engine.label, tag, id, size, created }]
      })
    }),
  )
  return lists.flat()
}
