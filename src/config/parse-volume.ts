import { posix } from 'node:path'
import { mountTarget } from './mount-target.ts'

type Volume = { readonly source: string; readonly target: string; readonly readOnly: boolean }

/** Reads HOST:CONTAINER, HOST:CONTAINER:ro or :rw; throws Error with a sentence. */
export const parseVolume = (text: string): Volume => {
  const [source = '', target = '', mode, ...more] = text.split(':')
  const shown = `"${text.slice(0, 200)}"`
  if (target === '' || more.length > 0) throw new Error(`${shown} is not HOST:CONTAINER or HOST:CONTAINER:ro`)
  if (mode !== undefined && mode !== 'ro' && mode !== 'rw')
    throw new Error(`${shown} ends with "${mode}", which is neither ro nor rw`)
  if (!source.startsWith('/')) throw new Error(`in ${shown} the path on this machine is not absolute`)
  const inside = mountTarget(target, shown)
  return { source: posix.normalize(source).replace(/(.)\/+$/, '$1'), target: inside, readOnly: mode === 'ro' }
}
