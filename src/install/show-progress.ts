import { formatBytes } from '../std/bytes.ts'
import type { BytesProgress, Progress } from './install.ts'

const EVERY_MS = 5000

type Output = { readonly isTTY?: boolean; write(text: string): unknown }

/**
 * Prints an installation's progress: a line for each step, and the bytes of the step that runs. A terminal shows the bytes in
 * one line that changes, any other output gets a further line every five seconds.
 */
export const showProgress = (
  output: Output,
  prefix: string,
  now: () => number = Date.now,
): { readonly progress: Progress; readonly bytes: BytesProgress } => {
  let said = now()
  let open = false
  const close = () => {
    if (open) output.write('\r\x1b[K')
    open = false
  }
  return {
    progress(line) {
      close()
      said = now()
      output.write(`${prefix}: ${line}\n`)
    },
    bytes(what, done, total) {
      const line = `${prefix}: ${what}: ${formatBytes(done)}${total === null ? '' : ` of ${formatBytes(total)}`}`
      const over = done === total
      if (output.isTTY === true) {
        output.write(`\r\x1b[K${line}`)
        open = true
        if (over) close()
      } else if (!over && now() - said >= EVERY_MS) {
        said = now()
        output.write(`${line}\n`)
      }
    },
  }
}
