import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { INSIDE } from '../../domain/worker-protocol.ts'

/** Refuses a mount in the place of a repository among several: Berth would clone into the mounted folder. */
export const refuseOverRepository = (
  { volumes, tmpfs }: Pick<TaskRequest, 'volumes' | 'tmpfs'>,
  folders: readonly string[],
): void => {
  const targets = [...volumes, ...tmpfs].map(({ target }) => target)
  for (const folder of folders) {
    const place = `${INSIDE.work}/${folder}`
    const over = targets.find((target) => target === place || `${target}/`.startsWith(`${place}/.git/`))
    if (over !== undefined)
      throw new BerthError('bad-volume', `a mount at ${over}: the task has a repository in ${place}`, {
        hint: 'Mount it at another place, or name another folder behind the repository: REPOSITORY:FOLDER.',
      })
  }
}
