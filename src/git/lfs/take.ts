import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exec } from '../exec.ts'
import type { Git } from '../git.ts'
import { hasObject, putObject } from './objects.ts'
import { pointersSince } from './pointers.ts'

/** Takes new objects of Git LFS into the publish repository. One that is not its pointer's, or not there, is not taken. */
export const takeLfs = async (local: Exec, input: Parameters<Git['takeLfs']>[0]): Promise<void> => {
  const { publish, mirror, base, heads, take, signal } = input
  const named = await pointersSince(local, { repository: publish, base, heads, signal }).catch(() => [])
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
