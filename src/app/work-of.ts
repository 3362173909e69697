import { existsSync } from 'node:fs'
import type { WorkAnswer } from '../api/contract.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'

/** Where a task's kept work lies on our side of the border; refused where there is none. */
export const workOf = (record: TaskRecord, folder: string): WorkAnswer => {
  const { id, repository, head, wip } = record
  if (repository.kind === 'copy') {
    const patch = `${folder}/out/${record.turns.length}.patch`
    if (!existsSync(patch)) throw new BerthError('not-allowed', `${id} changed nothing`)
    return { id, kind: 'copy', patch }
  }
  if (repository.kind !== 'clone')
    throw new BerthError('not-allowed', `${id} has no repository whose changes could be taken over`)
  const publish = `${folder}/publish.git`
  const base = repository.base ?? ''
  const changed = (head !== null && head !== base) || wip !== null
  if (!changed || !existsSync(publish)) throw new BerthError('not-allowed', `${id} has no work that was kept`)
  return { id, kind: 'clone', publish, base, head: head ?? base, wip }
}
