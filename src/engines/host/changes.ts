import { watch } from 'node:fs'
import { onAbort } from '../../std/abort.ts'

const LOOK_MS = 1000

/**
 * Gives a turn at once, and another after each change of the folder's files (of one of them, where it is named), so that
 * what is looked for can be looked for again. Also every second: a killed process leaves no file. Throws the signal's
 * reason.
 */
export async function* changes(folder: string, signal: AbortSignal, file?: string): AsyncGenerator<void> {
  let ring = () => {}
  let rung = false
  const bell = () => {
    rung = true
    ring()
  }
  let watcher: ReturnType<typeof watch> | undefined
  try {
    watcher = watch(folder, (_, name) => {
      if (file === undefined || name === null || name === file) bell()
    }).on('error', () => {})
  } catch {
    // The folder is gone, or the kernel has no watch left: looking has to do.
  }
  const look = setInterval(bell, LOOK_MS)
  using _ = onAbort(signal, bell)
  try {
    for (;;) {
      signal.throwIfAborted()
      rung = false
      yield
      signal.throwIfAborted()
      if (!rung)
        await new Promise<void>((resolve) => {
          ring = resolve
        })
    }
  } finally {
    clearInterval(look)
    watcher?.close()
  }
}
