import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takenRefs } from './bundle-refs.ts'
import type { Git } from './git.ts'

/** The other refs of the taken work stay. */
export const pointHead = async ({ publish, head, wip }: Parameters<Git['pointHead']>[0]): Promise<void> => {
  const packed = join(publish, 'packed-refs')
  const before = await readFile(packed, 'utf8').catch(() => '')
  await writeFile(`${packed}.lock`, takenRefs({ head, wip, branches: [], others: [] }, before))
  await rename(`${packed}.lock`, packed)
}
