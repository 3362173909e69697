import { existsSync } from 'node:fs'
import type { WorkAnswer } from '../../api/answers.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { JournalReader } from '../../store/store.ts'
import { otherNames } from '../../views/other-work.ts'
import { patchTurn } from './diff-range.ts'

/** Other work of the task by the name that `status` shows; `head` is its last commit. */
export const otherOf = (
  { id, others = [] }: TaskRecord,
  name: string,
): { readonly head: string; readonly ref: string } => {
  const found = others.find((one) => one.name === name)
  if (found?.sha != null && found.ref !== undefined) return { head: found.sha, ref: found.ref }
  const there = others.filter(({ sha }) => sha !== null)
  const names = there.length === 0 ? 'it has no other work' : `it has ${otherNames(there)}`
  const why = found === undefined ? names : 'it is only in the workspace'
  throw new BerthError('not-allowed', `${id} has no work named ${name}: ${why}`)
}

/** Where a task's kept work lies on our side of the border; refused where there is none. */
export const workOf = (
  record: TaskRecord,
  { folder, journal }: { readonly folder: string; readonly journal: JournalReader },
  branch?: string,
): WorkAnswer => {
  const { id, repository, head, wip } = record
  if (repository.kind === 'copy') {
    const turn = patchTurn(journal)
    const patch = turn === null ? null : taskPaths(folder).patch(turn)
    if (patch === null || !existsSync(patch)) throw new BerthError('not-allowed', `${id} changed nothing`)
    return { id, kind: 'copy', patch }
  }
  if (repository.kind !== 'clone')
    throw new BerthError('not-allowed', `${id} has no repository, so it has no changes to bring here`)
  const { publish } = taskPaths(folder)
  const base = repository.base ?? ''
  if (branch !== undefined) return { id, kind: 'clone', publish, base, wip: null, ...otherOf(record, branch) }
  const changed = (head !== null && head !== base) || wip !== null
  if (!changed || !existsSync(publish)) throw new BerthError('not-allowed', `${id} has no kept work`)
  return { id, kind: 'clone', publish, base, head: head ?? base, wip }
}
