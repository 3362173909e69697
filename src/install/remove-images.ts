import { BerthError } from '../domain/errors.ts'
import { type FoundImage, findImage } from './find-image.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { run, tryRun } from './run.ts'

export type RemovedImage = { readonly ref: string; readonly engine: string }

const digits = (id: string): string => id.replace('sha256:', '')

/** Names of the containers of this very image, running or not; an engine's own filter also finds those of its children. */
const usersOf = async ({ engine, image }: FoundImage, options: InstallOptions): Promise<readonly string[]> => {
  const filter = ['--all', '--quiet', '--no-trunc', '--filter', `ancestor=${digits(image.Id)}`]
  const ids = (await run([...engine.argv, 'ps', ...filter], options, { limitMs: 30_000 })).split('\n').filter(Boolean)
  if (ids.length === 0) return []
  // A container that has gone meanwhile is missing in the answer.
  const shown = await tryRun([...engine.argv, 'container', 'inspect', ...ids], options, { limitMs: 30_000 })
  const containers = JSON.parse(shown.stdout.toString() || '[]') as readonly { Image: string; Name: string }[]
  const own = containers.filter(({ Image }) => digits(Image) === digits(image.Id))
  return own.map(({ Name }) => Name.replace(/^\//, ''))
}

/** The name as it was given; of an id all its names, or the id where it has none. */
const namesOf = (ref: string, { image }: FoundImage): readonly string[] => {
  if (!digits(image.Id).startsWith(digits(ref))) return [ref]
  return image.RepoTags?.length ? image.RepoTags : [ref]
}

/**
 * Removes names of images, and each image whose last name goes. First looks at all of them: an image that is not there,
 * is not Berth's or is used by a container is an error, and nothing is removed.
 */
export const removeImages = async (
  refs: readonly string[],
  engines: readonly EngineCli[],
  options: InstallOptions,
): Promise<readonly RemovedImage[]> => {
  const found: (FoundImage & { readonly names: readonly string[] })[] = []
  for (const ref of new Set(refs)) {
    for (const one of await findImage(ref, engines, options)) {
      const [user] = await usersOf(one, options)
      if (user !== undefined) {
        const { kind, label } = one.engine
        throw new BerthError('not-allowed', `${ref} is used by the container ${user} (${label})`, {
          hint: `Remove the container first: \`berth rm\` of its task, or \`${kind} rm ${user}\`.`,
        })
      }
      found.push({ ...one, names: namesOf(ref, one) })
    }
  }
  const removed: RemovedImage[] = []
  for (const { engine, names } of found) {
    for (const ref of names) {
      await run([...engine.argv, 'rmi', ref], options, { limitMs: 120_000 })
      removed.push({ ref, engine: engine.label })
    }
  }
  return removed
}
