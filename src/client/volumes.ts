import { resolve } from 'node:path'

/** Folders of this machine as paths from its root, however they were written. */
export const volumesFrom = (cwd: string, volumes: unknown): unknown =>
  Array.isArray(volumes)
    ? volumes.map((one) => String(one).replace(/^[^/:][^:]*(?=:)/, (path) => resolve(cwd, path)))
    : volumes
