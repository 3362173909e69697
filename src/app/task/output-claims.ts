import { LABEL } from '../../domain/container-spec.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Store } from '../../store/store.ts'

/**
 * Says which task writes where tasks of one session would write the same files: the newest. Ids are sorted by the time of
 * their tasks.
 */
export const outputClaims = (store: Pick<Store, 'list'>) => {
  const newest = new Map<string, string>()
  const stored = ({ labels }: TaskRecord, path: string): string | undefined => {
    const session = labels[LABEL.session]
    if (session === undefined) return undefined
    const same = store.list({ all: true, labels: { [LABEL.session]: session } })
    return same.find(({ output }) => output?.state === path || output?.transcript === path)?.id
  }
  /** True if the task is the newest of those with this path. */
  return (record: TaskRecord, path: string): boolean => {
    const known = newest.get(path) ?? stored(record, path)
    const latest = known === undefined || known < record.id ? record.id : known
    newest.set(path, latest)
    return latest === record.id
  }
}

export type OutputClaims = ReturnType<typeof outputClaims>
