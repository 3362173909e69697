import { createReadStream, existsSync } from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'
import type { Deps } from './deps.ts'
import type { Tasks } from './tasks.ts'
import { otherOf } from './work-of.ts'

/** What the last turn on a copied folder changed. */
async function* patchOf(tasks: Tasks, record: TaskRecord): AsyncGenerator<Buffer> {
  const path = `${tasks.folderOf(record.id)}/out/${record.turns.length}.patch`
  if (existsSync(path)) for await (const chunk of createReadStream(path)) yield chunk as Buffer
}

/** The task's work as a unified diff, out of the repository on our side of the border; of a copied folder its patch. */
export async function* diffTask(input: {
  readonly deps: Deps
  readonly tasks: Tasks
  readonly record: TaskRecord
  readonly stat: boolean
  readonly binary: boolean
  /** Other work of the task, by its name. */
  readonly branch?: string | undefined
  readonly signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const { deps, tasks, record, stat, binary, branch, signal } = input
  const { kind, base } = record.repository
  if (kind === 'copy' && !stat && branch === undefined) return yield* patchOf(tasks, record)
  if (kind !== 'clone' || base === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to compare with`)
  const publish = `${tasks.folderOf(record.id)}/publish.git`
  const to = branch === undefined ? (record.wip ?? record.head) : otherOf(record, branch).head
  if (to === null || to === base || !existsSync(publish)) return
  yield* deps.git.diff({ publish, from: base, to, stat, binary, signal })
}
