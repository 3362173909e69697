// The program inside the container: node main.cjs <exchange folder>. What is not needed for the first word comes later.
import { writeSync } from 'node:fs'
import { encodeFrame, PROTOCOL } from '../domain/worker-protocol.ts'
import { stopSwitch } from './stop-switch.ts'

declare const __BERTH_BUILD__: string | undefined

const stop = stopSwitch()
const worker = typeof __BERTH_BUILD__ === 'string' ? __BERTH_BUILD__ : 'source'

const run = async () => {
  // The log's pipe is empty now, so this does not wait.
  writeSync(1, `${encodeFrame({ v: PROTOCOL, n: 1, t: Date.now(), k: 'hello', worker, pid: process.pid })}\n`)
  const { work } = await import('./work.ts')
  process.exit(await work({ exchange: process.argv[2] ?? '', stop, nextFrame: 2 }))
}
run().catch((error: unknown) => {
  process.stderr.write(`berth worker: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(125)
})
