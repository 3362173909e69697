import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { noSpace } from '../std/no-space.ts'
import { buildAll } from './build-all.ts'
import { askEngines } from './find-engines.ts'
import { imageName } from './image-name.ts'
import type { EngineCli, InstallOptions, Toolbox } from './install.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { readStamp } from './read-stamp.ts'
import { recipe } from './recipe.ts'

export type SetUp = {
  /** As a user would know them: `docker`, `podman`, or a URL. */
  readonly engines: readonly string[]
  readonly image: string
  readonly toolbox: Toolbox
}

/** What npm's part and the system's part of a toolbox take on the disk, and the archive of the image. */
const NEEDED_BYTES = 2.2 * 1024 ** 3

const AGAIN = 'Then run `berth setup` again: it keeps what is done.'

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

/** Refuses before the first download what would end with a full disk. */
const checkSpace = async (options: InstallOptions): Promise<void> => {
  const { npm } = recipe(options.root)
  const stamp = readStamp(options.root)
  if (existsSync(join(options.install, 'cache', `npm-${npm}`))) return
  if (stamp !== undefined && (await locateToolbox(options.read, stamp.toolbox)) !== undefined) return
  const { bavail, bsize } = await statfs(existing(options.install))
  if (bavail * bsize >= NEEDED_BYTES) return
  throw new BerthError(
    'disk-full',
    `${options.install}: ${Math.round((bavail * bsize) / 1024 ** 2)} MB are free, the toolbox takes 2.2 GB`,
    { hint: `Free some disk space, or name another folder with BERTH_INSTALL_DIR. ${AGAIN}` },
  )
}

/** An error of the file system, which no program has told, as the user's. */
const asUsersError = (error: unknown, { install }: InstallOptions): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (error instanceof BerthError && error.code === 'disk-full')
    return new BerthError('disk-full', error.message, { cause: error, hint: `Free some disk space. ${AGAIN}` })
  if (error instanceof BerthError || typeof code !== 'string') return error
  if (noSpace(error)) return new BerthError('disk-full', `${install}: no space left on the disk`, { cause: error })
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code)) return error
  return new BerthError('state-not-writable', `${install}: cannot write there (${errorMessage(error)})`, {
    cause: error,
    hint: 'Make the folder writable, or name another folder with BERTH_INSTALL_DIR.',
  })
}

const isKind = (text: string): boolean => text === 'docker' || text === 'podman'

/** The engines that `named` means: without a `docker` or `podman` among its words, each that answers. */
const chooseEngines = async (named: readonly string[], options: InstallOptions): Promise<readonly EngineCli[]> => {
  const urls = named.filter((text) => !isKind(text))
  const { engines, silent } = await askEngines(urls, options)
  const chosen = named.some(isKind)
    ? engines.filter(({ kind, label }) => named.includes(kind) || urls.some((url) => url === `${kind}=${label}`))
    : engines
  const said = silent.map(({ label, why }) => `${label}: ${why}`)
  if (chosen.length === 0) {
    const which = named.length === 0 ? 'no container engine answers' : `none of ${named.join(', ')} answers`
    throw new BerthError('engine-missing', said.length === 0 ? which : `${which} (${said.join('; ')})`)
  }
  for (const line of said) options.progress(`left out: ${line}`)
  return chosen
}

/**
 * Makes this machine ready for tasks: the agent image in the engines, and the toolbox. Asks nothing, makes only what is
 * missing, and keeps what is done if it fails. `named`: `docker`, `podman` (the caller's own), or `docker=URL`,
 * `podman=URL` beside them; empty for each engine that answers.
 */
export const setUp = async (named: readonly string[], options: InstallOptions): Promise<SetUp> => {
  const engines = await chooseEngines(named, options)
  try {
    await checkSpace(options)
    const toolbox = await buildAll(engines, options)
    return {
      engines: engines.map(({ label }) => label),
      image: imageName(recipe(options.root).image),
      toolbox,
    }
  } catch (error) {
    throw asUsersError(error, options)
  }
}
