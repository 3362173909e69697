import { existsSync } from 'node:fs'
import type { WorkAnswer } from '../../api/answers.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { folderOf, type RepositoryName, recordOf, recordsOf } from '../../domain/work-part.ts'
import type { JournalReader } from '../../store/store.ts'
import { otherNames } from '../../views/other-work.ts'
import { patchTurn } from './diff-range.ts'
import { namedRepository } from './named-repository.ts'

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

/** Which of a task's work is asked for: other work by its name, of the repository in this folder. */
export type WorkAsked = { readonly branch?: string | undefined; readonly repository?: string | undefined }

/** The repository that a caller means. One of several is to be named. */
const askedRepository = (record: TaskRecord, folder: string | undefined): RepositoryName => {
  if (folder !== undefined) return namedRepository(record, folder)
  if (record.further === undefined) return null
  const folders = recordsOf(record).map(folderOf).join(', ')
  throw new BerthError('bad-request', `${record.id} has several repositories: ${folders}`, {
    hint: 'Name one with --repository.',
  })
}

/** Where a task's kept work lies on our side of the border; refused where there is none. */
export const workOf = (
  task: TaskRecord,
  { folder, journal }: { readonly folder: string; readonly journal: JournalReader },
  asked: WorkAsked = {},
): WorkAnswer => {
  const name = askedRepository(task, asked.repository)
  const record = recordOf(task, name)
  const { branch } = asked
  const { id, repository, head, wip } = record
  if (repository.kind === 'copy') {
    const turn = patchTurn(journal)
    const patch = turn === null ? null : taskPaths(folder).patch(turn)
    if (patch === null || !existsSync(patch)) throw new BerthError('not-allowed', `${id} changed nothing`)
    return { id, kind: 'copy', patch }
  }
  if (repository.kind !== 'clone')
    throw new BerthError('not-allowed', `${id} has no repository, so it has no changes to bring here`)
  const paths = taskPaths(folder)
  const publish = name === null ? paths.publish : paths.publishOf(name)
  const base = repository.base ?? ''
  if (branch !== undefined) return { id, kind: 'clone', publish, base, wip: null, ...otherOf(record, branch) }
  const changed = (head !== null && head !== base) || wip !== null
  if (!changed || !existsSync(publish)) throw new BerthError('not-allowed', `${id} has no kept work`)
  return { id, kind: 'clone', publish, base, head: head ?? base, wip }
}
