import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { treeBytes } from '../std/tree-bytes.ts'
import { intoPlace, mkdirOpen } from './into-place.ts'
import { npm } from './npm.ts'
import type { Work } from './recipe.ts'

const LOOK_MS = 1000

/** Reports how much npm has written, until `over` is aborted: npm itself says nothing on the way. */
const watchBytes = async (folder: string, work: Work, over: AbortSignal): Promise<void> => {
  while (!over.aborted) {
    await sleep(LOOK_MS, undefined, { signal: over }).catch(() => undefined)
    if (!over.aborted) work.bytes?.('fetched from npm', await treeBytes(folder), null)
  }
}

/** Node, npm and the agent CLIs as npm brings them, without running any of their scripts. Gives the node_modules. */
export const npmTree = async (work: Work): Promise<string> => {
  const path = join(work.install, 'cache', `npm-${work.names.npm}`)
  await intoPlace(path, async (temporary) => {
    work.progress('fetching Node and the agent CLIs from npm (about 400 MB to fetch, 1.3 GB on the disk)')
    await mkdirOpen(temporary)
    for (const name of ['package.json', 'package-lock.json']) {
      await copyFile(join(work.root, 'images/toolbox', name), join(temporary, name))
    }
    const over = new AbortController()
    const watching = watchBytes(temporary, work, over.signal)
    try {
      const limits = { cwd: temporary, limitMs: 900_000, code: 'toolbox-missing' } as const
      await npm(['ci', '--omit=dev', '--os=linux'], work, limits)
    } finally {
      over.abort()
      await watching
    }
  })
  return join(path, 'node_modules')
}
