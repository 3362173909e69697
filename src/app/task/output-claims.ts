import { LABEL } from '../../domain/container-spec.ts'
import { newestFirst } from '../../domain/newest-first.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Store } from '../../store/store.ts'

type Claim = Pick<TaskRecord, 'createdAt' | 'id'>

/** Says which task writes where tasks of one session would write the same files: the newest. */
export const outputClaims = (store: Pick<Store, 'list'>) => {
  const newest = new Map<string, Claim>()
  const stored = ({ labels }: TaskRecord, path: string): Claim | undefined => {
    const session = labels[LABEL.session]
    if (session === undefined) return undefined
    const same = store.list({ all: true, labels: { [LABEL.session]: session } })
    return same.find(({ output }) => output?.state === path || output?.transcript === path)
  }
  /** True if the task is the newest of those with this path. */
  return (record: TaskRecord, path: string): boolean => {
    const known = newest.get(path) ?? stored(record, path)
    const { id, createdAt } = known === undefined || newestFirst(record, known) < 0 ? record : known
    newest.set(path, { id, createdAt })
    return id === record.id
  }
}

export type OutputClaims = ReturnType<typeof outputClaims>
