import type { Mount } from './container-spec.ts'
import { BerthError } from './errors.ts'

/** Podman reads a mount as text: words with commas between them, in quotes where one has a comma. */
const DIVIDES_WORDS = /[,"\r\n]/

/** A mount of words, or a bind: `source:target`, which takes all characters but a colon. */
type MountForm = 'mount' | 'bind'

/** How Podman can be asked for a mount. BerthError bad-volume where neither form holds its paths. */
export const podmanMountForm = ({ source, target }: Pick<Mount, 'source' | 'target'>): MountForm => {
  const path = [source, target].find((one) => DIVIDES_WORDS.test(one))
  if (path === undefined) return 'mount'
  if (!`${source}${target}`.includes(':')) return 'bind'
  throw new BerthError(
    'bad-volume',
    `podman cannot mount ${source} at ${target}: it accepts no path with a colon and a comma, quote or line break`,
    { hint: 'Rename the folder, mount its parent folder, or use --engine docker.' },
  )
}

/** `source:target`, as `--volume` and a bind of the API have it. */
export const bindText = ({ source, target, readOnly }: Pick<Mount, 'source' | 'target' | 'readOnly'>): string =>
  `${source}:${target}${readOnly ? ':ro' : ''}`
