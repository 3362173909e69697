import { readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { treeBytes } from '../std/tree-bytes.ts'
import { findEngines } from './find-engines.ts'
import { REPOSITORIES } from './image-name.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import { mountedToolboxes } from './mounted-toolboxes.ts'
import { tryRun } from './run.ts'

/** Something that an installation has made on this machine. */
export type OwnPart = {
  readonly kind: 'image' | 'toolbox' | 'cache'
  readonly name: string
  readonly bytes: number
  /** Why it has to stay; null where it can go. */
  readonly why: string | null
  readonly remove: () => Promise<void>
}

const removeImage = async ({ argv }: EngineCli, name: string, options: InstallOptions): Promise<void> => {
  // Never by force: an image that a container uses stays.
  const removed = await tryRun([...argv, 'rmi', name], options, { limitMs: 60_000 })
  if (removed.code === 0) return
  const words = removed.stderr.trim().split('\n').at(-1) ?? ''
  throw new BerthError('engine-error', words === '' ? `rmi: ${removed.end}` : words)
}

const imagesOf = async (engine: EngineCli, options: InstallOptions): Promise<readonly OwnPart[]> => {
  const parts: OwnPart[] = []
  for (const repository of REPOSITORIES) {
    const words = [...engine.argv, 'images', '--format', '{{.Tag}}', repository]
    const listed = await tryRun(words, options, { limitMs: 30_000 })
    for (const tag of listed.stdout.toString().split('\n')) {
      if (!/^[\w.-]+$/.test(tag)) continue
      const name = `${repository}:${tag}`
      const remove = () => removeImage(engine, name, options)
      parts.push({ kind: 'image', name: `${name} (${engine.label})`, bytes: 0, why: null, remove })
    }
  }
  return parts
}

const foldersOf = async (options: InstallOptions): Promise<readonly OwnPart[]> => {
  const used = await mountedToolboxes()
  const parts: OwnPart[] = []
  for (const kind of ['toolbox', 'cache'] as const) {
    const folder = join(options.install, kind)
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      const why = kind === 'toolbox' && used.has(name) ? 'a container uses it' : null
      const remove = async () => {
        await rm(path, { recursive: true, force: true })
        // The last one takes the empty folders along.
        await rmdir(folder).catch(() => undefined)
        await rmdir(options.install).catch(() => undefined)
      }
      parts.push({ kind, name: path, bytes: await treeBytes(path), why, remove })
    }
  }
  return parts
}

/**
 * The images on the engines that answer, and the toolboxes with what they were made from. `shared`: another user's
 * installation on this machine uses the images too, so they stay.
 */
export const ownParts = async (options: InstallOptions, shared: string | null): Promise<readonly OwnPart[]> => {
  const engines = await findEngines([], { ...options, progress: () => {} })
  const images = (await Promise.all(engines.map((engine) => imagesOf(engine, options)))).flat()
  const why = shared === null ? null : `the installation in ${shared} uses it`
  return [...images.map((image) => ({ ...image, why })), ...(await foldersOf(options))]
}
