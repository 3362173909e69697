import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LFS_FILE } from '../../domain/worker-protocol.ts'
import type { Exec } from '../exec.ts'
import type { Git } from '../git.ts'
import type { LfsDeps } from './bring.ts'
import { hasObject, objectIn, putObject } from './objects.ts'
import { pointersSince } from './pointers.ts'

/** Copies those that were taken into a folder, readable by everybody. */
export const copyLfs = async (local: Exec, input: Parameters<Git['copyLfs']>[0]): Promise<void> => {
  const { publish, base, heads, into, signal } = input
  for (const pointer of await pointersSince(local, { repository: publish, base, heads, signal })) {
    if (!(await hasObject(publish, pointer))) continue
    const file = join(into, `${LFS_FILE}${pointer.oid}`)
    await copyFile(objectIn(publish, pointer), file, constants.COPYFILE_FICLONE)
    await chmod(file, 0o644)
  }
}

/** Takes new objects of Git LFS into the publish repository. One that is not its pointer's, or not there, is not taken. */
export const takeLfs = async (
  { local, without }: Pick<LfsDeps, 'local' | 'without'>,
  input: Parameters<Git['takeLfs']>[0],
): Promise<void> => {
  const { publish, mirror, base, heads, take, signal } = input
  const named = await pointersSince(local, { repository: publish, base, heads, signal }).catch(() => undefined)
  if (named === undefined) return
  if (named.length === 0) without.addSince(base, heads)
  for (const pointer of named) {
    signal?.throwIfAborted()
    if ((await hasObject(mirror, pointer)) || (await hasObject(publish, pointer))) continue
    const file = join(publish, `taken-${pointer.oid}`)
    try {
      const taken = await take(pointer, file)
      if (typeof taken === 'number') await putObject(publish, pointer, createReadStream(file)).catch(() => {})
    } finally {
      await rm(file, { force: true })
    }
  }
}
