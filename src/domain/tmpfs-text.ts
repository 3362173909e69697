import type { ContainerSpec, Tmpfs } from './container-spec.ts'

/**
 * The options of a folder in memory in Docker's words. The folder is the agent's own: over a folder that the image has,
 * runc before 1.2 sets the image's mode, which may let only the owner write.
 */
export const dockerTmpfs = ({ options }: Tmpfs, { uid, gid }: ContainerSpec['user']): string =>
  [...options, `uid=${uid}`, `gid=${gid}`].join(',')

/** In Podman's words: it takes no owner, and would copy what the image has there. */
export const podmanTmpfs = ({ options }: Tmpfs): string => [...options, 'notmpcopyup'].join(',')
