import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { noSpace } from '../std/no-space.ts'
import { buildAll } from './build-all.ts'
import { AGAIN } from './check-space.ts'
import { askEngines } from './find-engines.ts'
import { imageName } from './image-name.ts'
import type { EngineCli, InstallOptions, Toolbox } from './install.ts'
import { recipe } from './recipe.ts'

export type SetUp = {
  /** As a user would know them: `docker`, `podman`, or a URL. */
  readonly engines: readonly string[]
  readonly image: string
  readonly toolbox: Toolbox
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

/**
 * The engines that `named` means. Without a `docker` or `podman` among its words, each that answers; `only`: just those that
 * it names, if it names any.
 */
const chooseEngines = async (
  named: readonly string[],
  options: InstallOptions,
  only: boolean,
): Promise<readonly EngineCli[]> => {
  const urls = named.filter((text) => !isKind(text))
  const { engines, silent } = await askEngines(urls, options)
  const chosen =
    named.some(isKind) || (only && named.length > 0)
      ? engines.filter(({ kind, label }) => named.includes(label) || urls.includes(`${kind}=${label}`))
      : engines
  const said = silent.map(({ label, why }) => `${label}: ${why}`)
  if (chosen.length === 0) {
    const which = named.length === 0 ? 'no container engine answers' : `none of ${named.join(', ')} answers`
    throw new BerthError('engine-missing', said.length === 0 ? which : `${which} (${said.join('; ')})`)
  }
  for (const line of said) options.progress(`left out: ${line}`)
  return chosen
}

/** Makes something in the engines that are named, or in each that answers. An error is told as the user's. */
export const inEngines = async <T>(
  named: readonly string[],
  options: InstallOptions,
  make: (engines: readonly EngineCli[]) => Promise<T>,
): Promise<T> => {
  const engines = await chooseEngines(named, options, true)
  try {
    return await make(engines)
  } catch (error) {
    throw asUsersError(error, options)
  }
}

/**
 * Makes this machine ready for tasks: the agent image in the engines, and the toolbox. Asks nothing, makes only what is
 * missing, and keeps what is done if it fails. `named`: `docker`, `podman` (the caller's own), or `docker=URL`,
 * `podman=URL` beside them; empty for each engine that answers.
 */
export const setUp = async (named: readonly string[], options: InstallOptions): Promise<SetUp> => {
  const engines = await chooseEngines(named, options, false)
  try {
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
