import { existsSync } from 'node:fs'
import type { Event } from '../domain/event.ts'
import type { Deps } from './deps.ts'
import type { Tasks } from './tasks.ts'

/** Resolves at the next change of a task, or with the signal. */
const nextChange = (tasks: Tasks, signal: AbortSignal) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = tasks.onChange(resolve)
  signal.addEventListener('abort', () => resolve(), { once: true })
  return { changed: promise.finally(off), off }
}

/** A task's events over all its turns, those to come too; ends with the signal, or when the task is removed. */
export async function* foreverEvents(input: {
  readonly deps: Deps
  readonly tasks: Tasks
  readonly id: string
  readonly after: number
  readonly signal: AbortSignal
}): AsyncGenerator<Event> {
  const { deps, tasks, id, signal } = input
  const path = `${tasks.folderOf(id)}/events.jsonl`
  let after = input.after
  while (!signal.aborted && existsSync(path)) {
    // Asked for before it is looked, so that none is missed.
    const { changed, off } = nextChange(tasks, signal)
    try {
      const live = tasks.live(id)
      for await (const event of live === undefined
        ? deps.readEvents(path, after)
        : live.journal.follow(after, signal)) {
        after = event.seq
        yield event
      }
      if (tasks.live(id) === undefined) await changed
    } finally {
      off()
    }
  }
}
