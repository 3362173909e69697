import { realpathSync } from 'node:fs'
import type { SupervisorSettings } from '../../config/supervisor-settings.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { codeFolder } from '../../std/code-folder.ts'
import { isBeneath } from '../../std/is-beneath.ts'
import type { Deps } from '../deps.ts'

type Settings = Pick<SupervisorSettings, 'mountRoots' | 'workspaceBaseDir'>

export const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** An agent that can write there could put a link in the place of another task's workspace. */
const refuseAroundBase = ({ workspaceBaseDir }: Settings, path: string, flag: string): void => {
  const base = workspaceBaseDir === null ? undefined : realPath(workspaceBaseDir)
  const real = realPath(path)
  if (base === undefined || real === undefined || !isBeneath(real, base)) return
  throw new BerthError(
    'mount-not-allowed',
    `${flag} ${path}: the workspaces of all tasks lie in it, because workspace-base-dir is ${workspaceBaseDir}`,
    { hint: 'Mount a folder that workspace-base-dir is not in, or mount it for reading only: HOST:CONTAINER:ro.' },
  )
}

/** Where the supervisor and the caller's own commands keep their compiled code. */
export const codeFolders = (
  { installation }: Pick<Deps, 'installation'>,
  callerEnv: Readonly<Record<string, string>>,
): readonly string[] => [installation.codeFolder, codeFolder(callerEnv)].filter((folder) => folder !== null)

/** An agent that can write there could change the code that Berth runs next. */
const refuseCode = (code: readonly string[], path: string, flag: string): void => {
  const real = realPath(path)
  if (real === undefined) return
  const own = code
    .map((folder) => realPath(folder) ?? folder)
    .find((folder) => isBeneath(real, folder) || isBeneath(folder, real))
  if (own === undefined) return
  throw new BerthError('mount-not-allowed', `${flag} ${path}: Berth keeps its own compiled code in ${own}`, {
    hint: 'Mount a folder that this one is not in, or mount it for reading only: HOST:CONTAINER:ro.',
  })
}

/** The real path of a folder or file of the host, if it is one of the allowed folders or lies beneath one. */
export const allowedPath = (roots: readonly string[], path: string, flag: string): string => {
  let real: string
  try {
    real = realpathSync(path)
  } catch (error) {
    throw new BerthError('bad-volume', `${flag} ${path}: there is no such file or folder on this machine`, {
      cause: error,
    })
  }
  if (roots.flatMap((root) => realPath(root) ?? []).some((root) => isBeneath(root, real))) return real
  const shown = real === path ? path : `${path} (really ${real})`
  throw new BerthError(
    'mount-not-allowed',
    `${flag} ${shown}: this lies beneath none of the folders of mount-roots: ${roots.join(', ') || 'there are none'}`,
  )
}

/** The volumes of a request by their real paths, so that no link leads elsewhere; as they are where any is allowed. */
export const allowedVolumes = (
  settings: Settings,
  volumes: TaskRequest['volumes'],
  code: readonly string[],
): TaskRequest['volumes'] => {
  const { mountRoots } = settings
  for (const { source, readOnly } of volumes) {
    if (readOnly) continue
    refuseAroundBase(settings, source, '--volume')
    refuseCode(code, source, '--volume')
  }
  return mountRoots === null
    ? volumes
    : volumes.map((volume) => ({ ...volume, source: allowedPath(mountRoots, volume.source, '--volume') }))
}

/** Throws for a mounted work folder that the settings do not allow. */
export const refuseFolder = (
  settings: Settings,
  { kind, folder }: { readonly kind: string; readonly folder?: string },
  code: readonly string[],
): void => {
  if (kind !== 'mount' || folder === undefined) return
  refuseAroundBase(settings, folder, '--source mount')
  refuseCode(code, folder, '--source mount')
  if (settings.mountRoots !== null) allowedPath(settings.mountRoots, folder, '--source mount')
}
