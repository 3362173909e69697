import { posix } from 'node:path'
import { INSIDE } from '../domain/worker-protocol.ts'

const WHOLE: readonly string[] = ['/', INSIDE.work, INSIDE.home, '/proc', '/sys', '/dev']
/** In most images /var/run is a link to /run. The repository's own folder holds the work of the task. */
const BELOW: readonly string[] = [
  '/berth',
  INSIDE.toolbox,
  INSIDE.gateway,
  `/var${INSIDE.gateway}`,
  `${INSIDE.work}/.git`,
]

/** The path in a container at which a user mounts something, tidied; throws Error with a sentence. `shown` is what the user wrote. */
export const mountTarget = (target: string, shown: string): string => {
  if (!target.startsWith('/')) throw new Error(`in ${shown} the path in the container is not absolute`)
  const inside = posix.normalize(target).replace(/(.)\/+$/, '$1')
  if (WHOLE.includes(inside) || BELOW.some((own) => inside === own || inside.startsWith(`${own}/`))) {
    throw new Error(`in ${shown} the path in the container belongs to Berth or to the system: ${inside}`)
  }
  return inside
}
