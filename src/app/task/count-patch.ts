import { open } from 'node:fs/promises'
import type { Changes } from '../../domain/changes.ts'
import { patchCounter } from '../../domain/patch-counter.ts'

/** A patch above this size is kept, and not counted. */
const MOST_BYTES = 64 * 1024 ** 2

/** Files and lines of a git patch that lies on our side of the border; undefined where it is too large to count. */
export const countPatch = async (path: string): Promise<Changes | undefined> => {
  const file = await open(path)
  try {
    if ((await file.stat()).size > MOST_BYTES) return undefined
    const counter = patchCounter()
    for await (const piece of file.createReadStream({ autoClose: false })) counter.take(piece as Buffer)
    return counter.changes()
  } finally {
    await file.close()
  }
}
