import { accessSync, constants, lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { SupervisorSettings } from '../../config/supervisor-settings.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { errorMessage } from '../../std/error-message.ts'
import { isBeneath } from '../../std/is-beneath.ts'
import type { Deps } from '../deps.ts'
import { allowedPath, realPath } from './allowed-mounts.ts'

type Given = {
  readonly settings: Pick<SupervisorSettings, 'mountRoots'>
  readonly folders: Deps['installation']['folders']
}

/** The nearest folder that is there, by its real path, and what is to be made below it. */
const nearest = (path: string): { readonly there: string; readonly missing: readonly string[] } => {
  try {
    return { there: realpathSync(path), missing: [] }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || path === '/') throw error
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw new Error(`${path} is a link to nothing`)
    const { there, missing } = nearest(dirname(path))
    return { there, missing: [...missing, basename(path)] }
  }
}

/** The real path of a folder that Berth may write to; nothing is made yet. */
const allowedFolder = ({ settings, folders }: Given, path: string, flag: string): string => {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new BerthError('bad-output', `${flag} ${path}: ${reason}`, { cause })
  }
  const found = ((): ReturnType<typeof nearest> => {
    try {
      const near = nearest(path)
      if (!statSync(near.there).isDirectory()) throw new Error(`${near.there} is no folder`)
      accessSync(near.there, constants.W_OK | constants.X_OK)
      return near
    } catch (error) {
      return refuse(errorMessage(error), error)
    }
  })()
  const real = join(found.there, ...found.missing)
  for (const own of [folders.state, folders.runtime])
    if (isBeneath(realPath(own) ?? own, real)) refuse(`Berth keeps its own files in ${own}`)
  if (settings.mountRoots !== null) allowedPath(settings.mountRoots, found.there, flag)
  return real
}

/** The folders of --output and --transcript-dir by their real paths. Throws for one that Berth may not write to. */
export const allowedOutput = (
  given: Given,
  { output, transcriptDir }: Pick<TaskRequest, 'output' | 'transcriptDir'>,
): Pick<TaskRequest, 'output' | 'transcriptDir'> => ({
  ...(output === undefined ? {} : { output: allowedFolder(given, output, '--output') }),
  ...(transcriptDir === undefined ? {} : { transcriptDir: allowedFolder(given, transcriptDir, '--transcript-dir') }),
})
