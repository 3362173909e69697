import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { isBeneath } from '../../std/is-beneath.ts'
import type { Deps } from '../deps.ts'
import { realPath } from './allowed-mounts.ts'

/**
 * Refuses a mount for writing in which a workspace lies that a user named, the task's own one or another's: an agent
 * could put a link in its place.
 */
export const refuseAround = (
  { store, installation }: Pick<Deps, 'installation' | 'store'>,
  { volumes }: Pick<TaskRequest, 'volumes'>,
  own: string | undefined,
): void => {
  const written = volumes.filter(({ readOnly }) => !readOnly)
  if (written.length === 0) return
  const { state } = installation.folders
  const others = store
    .list({ all: true })
    .flatMap(({ workspace, emptied, repository }) =>
      workspace === null || emptied || repository.kind === 'mount' || isBeneath(state, workspace) ? [] : [workspace],
    )
  const workspaces = own === undefined ? others : [own, ...others]
  for (const { source } of written) {
    const real = realPath(source)
    const inside = workspaces.find((workspace) => real !== undefined && isBeneath(real, workspace))
    if (inside !== undefined)
      throw new BerthError('mount-not-allowed', `--volume ${source}: the workspace ${inside} of a task lies in it`, {
        hint: 'Mount another folder, or mount it for reading only: HOST:CONTAINER:ro.',
      })
  }
}
