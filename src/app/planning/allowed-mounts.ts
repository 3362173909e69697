import { realpathSync } from 'node:fs'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'

/** The folders that mounts must lie beneath; null: any. */
type Roots = readonly string[] | null

const realPath = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** The real path of a folder or file of the host, if it is one of the allowed folders or lies beneath one. */
const allowedPath = (roots: readonly string[], path: string, flag: string): string => {
  let real: string
  try {
    real = realpathSync(path)
  } catch (error) {
    throw new BerthError('bad-volume', `${flag} ${path}: there is no such file or folder on this machine`, {
      cause: error,
    })
  }
  const beneath = roots
    .flatMap((root) => realPath(root) ?? [])
    .some((root) => {
      return root === '/' || real === root || real.startsWith(`${root}/`)
    })
  if (beneath) return real
  const shown = real === path ? path : `${path} (really ${real})`
  throw new BerthError(
    'mount-not-allowed',
    `${flag} ${shown}: this lies beneath none of the folders of mount-roots: ${roots.join(', ') || 'there are none'}`,
  )
}

/** The volumes of a request by their real paths, so that no link leads elsewhere; as they are where any is allowed. */
export const allowedVolumes = (roots: Roots, volumes: TaskRequest['volumes']): TaskRequest['volumes'] =>
  roots === null
    ? volumes
    : volumes.map((volume) => ({ ...volume, source: allowedPath(roots, volume.source, '--volume') }))

/** Throws for a mounted work folder that mount-roots does not allow. */
export const refuseFolder = (roots: Roots, source: { readonly kind: string; readonly folder?: string }): void => {
  if (roots !== null && source.kind === 'mount' && source.folder !== undefined)
    allowedPath(roots, source.folder, '--source mount')
}
