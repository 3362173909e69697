import { constants, copyFileSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LFS_BYTES, LFS_OBJECTS, objectPath } from '../domain/lfs-pointer.ts'
import { LFS_FILE } from '../domain/worker-protocol.ts'

const OID = /^[0-9a-f]{64}$/

const names = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Digests of the objects that a repository has. */
const objectsOf = (repository: string): readonly string[] => {
  const top = join(repository, LFS_OBJECTS)
  return names(top).flatMap((first) =>
    names(join(top, first)).flatMap((second) =>
      names(join(top, first, second)).filter((oid) => OID.test(oid) && objectPath(oid) === `${first}/${second}/${oid}`),
    ),
  )
}

/**
 * Copies the objects of Git LFS that the repository has and the mirror has not into the exchange folder, for the host.
 * Resolves to how many were too large to go there.
 */
export const giveObjects = (input: {
  readonly repository: string
  readonly mirror: string
  readonly exchange: string
}): number => {
  const { repository, mirror, exchange } = input
  let bytes = 0
  let left = 0
  for (const oid of objectsOf(repository)) {
    if (lstatSync(join(mirror, LFS_OBJECTS, objectPath(oid)), { throwIfNoEntry: false }) !== undefined) continue
    const object = join(repository, LFS_OBJECTS, objectPath(oid))
    const found = lstatSync(object, { throwIfNoEntry: false })
    if (found?.isFile() !== true) continue
    bytes += found.size
    if (bytes > LFS_BYTES) left += 1
    else copyFileSync(object, join(exchange, `${LFS_FILE}${oid}`), constants.COPYFILE_FICLONE)
  }
  return left
}
