import { join } from 'node:path'
import { BUILD } from '../std/build-id.ts'
import { codeFolder } from '../std/code-folder.ts'
import { runKept } from '../std/kept-code.ts'

/** Until then a first task has called what tasks call. */
const KEEP_MS = 5000

const folder = codeFolder(process.env)
const { exports, keep } = runKept<typeof import('./supervise.ts')>({
  file: join(import.meta.dirname, 'supervisor-main.cjs'),
  kept: folder === null ? null : join(folder, `${BUILD}-supervisor`),
  uid: process.getuid?.(),
})
/** Once: at the end of a supervisor that ends before. */
const keepOnce = (keep: () => void) => {
  const once = () => {
    clearTimeout(timer)
    process.off('exit', once)
    keep()
  }
  const timer = setTimeout(once, KEEP_MS).unref()
  process.once('exit', once)
}

if (keep !== undefined) keepOnce(keep)
exports.supervise()
