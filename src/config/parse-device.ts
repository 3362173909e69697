import { posix } from 'node:path'
import type { Device } from '../domain/container-spec.ts'

const clean = (path: string) => posix.normalize(path).replace(/(.)\/+$/, '$1')

/** Reads HOST, HOST:CONTAINER or HOST:CONTAINER:rwm; throws Error with a sentence. */
export const parseDevice = (text: string): Device => {
  const [source = '', second, third, ...more] = text.split(':')
  const shown = `"${text.slice(0, 200)}"`
  if (source === '' || second === '' || more.length > 0)
    throw new Error(`${shown} is not HOST, HOST:CONTAINER or HOST:CONTAINER:rwm`)
  // As with docker, a second part without a slash is the access.
  const isShort = second !== undefined && third === undefined && !second.startsWith('/')
  const access = (isShort ? second : third) ?? 'rwm'
  if (!/^(?=.)r?w?m?$/.test(access)) throw new Error(`${shown} ends with "${access}", which is not some of rwm`)
  const [from, to] = [clean(source), clean(isShort ? source : (second ?? source))]
  for (const path of [from, to])
    if (!path.startsWith('/dev/')) throw new Error(`in ${shown} the path ${path} does not lie below /dev`)
  return { source: from, target: to, access }
}
