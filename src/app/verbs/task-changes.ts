import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../std/abort.ts'
import type { Tasks } from '../schedule/tasks.ts'

/** A reader gets many changes as one line. */
const TOGETHER_MS = 200

/** One line at once, and another whenever a task's record or the list of tasks changes. */
export async function* taskChanges(tasks: Pick<Tasks, 'onRecord'>, signal: AbortSignal): AsyncGenerator<Buffer> {
  let next = Promise.withResolvers<void>()
  const off = tasks.onRecord(() => next.resolve())
  using _ = onAbort(signal, () => next.resolve())
  try {
    for (let changes = 0; !signal.aborted; changes += 1) {
      yield Buffer.from(`${JSON.stringify({ changes })}\n`)
      await next.promise
      await sleep(TOGETHER_MS, undefined, { signal }).catch(() => {})
      next = Promise.withResolvers()
    }
  } finally {
    off()
  }
}
