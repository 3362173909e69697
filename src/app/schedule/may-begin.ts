import type { TaskRequest } from '../../domain/request.ts'
import { FINAL, type State, type TaskRecord } from '../../domain/task.ts'
import type { After, FindTask } from '../task/tasks-before.ts'

/** Whether a task may begin, as far as those go that it begins after. The reasons are for people. */
type MayBegin =
  | { readonly kind: 'begin' }
  | { readonly kind: 'hold'; readonly reason: string }
  | { readonly kind: 'fail'; readonly reason: string }

const LOST: { readonly [S in State]?: string } = {
  failed: 'which failed',
  stopped: 'which was stopped',
  died: 'which died',
}

/** How a task ended that is not done; undefined: it may still be. */
const lossOf = (record: TaskRecord | undefined): string | undefined => {
  if (record === undefined) return 'which was removed'
  const words = LOST[record.state]
  return words === undefined || record.reason === null ? words : `${words}: ${record.reason}`
}

/** Fails as soon as one is lost, and does not wait for the others. */
export const mayBegin = (after: After, ifLost: TaskRequest['afterFailed'], find: FindTask): MayBegin => {
  const all = after.map(({ name, task }) => ({ name, task, record: find(task) }))
  for (const { name, task, record } of ifLost === 'run' ? [] : all) {
    const loss = lossOf(record)
    if (loss !== undefined) return { kind: 'fail', reason: `it begins after ${name} (${task}), ${loss}` }
  }
  const open = all.filter(({ record }) => record !== undefined && !FINAL.has(record.state))
  if (open.length === 0) return { kind: 'begin' }
  return { kind: 'hold', reason: `waits for ${open.map(({ name }) => name).join(', ')}` }
}
