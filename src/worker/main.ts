// The program inside the container: node main.cjs <exchange folder>. What is not needed for the first word comes later.
// With another first word it gives folders to a user: node main.cjs --own <uid> <gid> <folder>...
// With a third it is a filter of the agent's git: node main.cjs --lfs <store> <mirror>...
import { writeSync } from 'node:fs'
import { encodeFrame, LFS, OWN, PROTOCOL } from '../domain/worker-protocol.ts'
import { stopSwitch } from '../inside/stop-switch.ts'

declare const __BERTH_BUILD__: string | undefined

const stop = stopSwitch()
const worker = typeof __BERTH_BUILD__ === 'string' ? __BERTH_BUILD__ : 'source'

const run = async () => {
  // The log's pipe is empty now, so this does not wait.
  writeSync(1, `${encodeFrame({ v: PROTOCOL, n: 1, t: Date.now(), k: 'hello', worker, pid: process.pid })}\n`)
  const { work } = await import('./work.ts')
  process.exit(await work({ exchange: process.argv[2] ?? '', stop, nextFrame: 2 }))
}
/** Gives the folders to the user, so that the host and the next turn can use what the container's root left in them. */
const own = async ([uid, gid, ...folders]: readonly string[]) => {
  const { ownTree } = await import('../std/own-tree.ts')
  for (const folder of folders) ownTree(folder, { uid: Number(uid), gid: Number(gid) })
  process.exit(0)
}

/** Is git's filter of Git LFS. */
const lfs = async ([store = '', ...mirrors]: readonly string[]) => {
  const { lfsFilter } = await import('./lfs-filter.ts')
  lfsFilter(store, mirrors)
  process.exit(0)
}

const [, , word, ...words] = process.argv
const job = word === OWN ? own(words) : word === LFS ? lfs(words) : run()
job.catch((error: unknown) => {
  process.stderr.write(`berth worker: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(125)
})
