import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { folderOf, type RepositoryName, recordsOf, repositoriesOf } from '../../domain/work-part.ts'

/** The repository of a task whose folder has this name. BerthError bad-request if the task has no such one. */
export const namedRepository = (record: TaskRecord, folder: string): RepositoryName => {
  const folders = recordsOf(record).map(folderOf)
  const name = repositoriesOf(record)[folders.indexOf(folder)]
  if (folder !== '' && name !== undefined) return name
  const has = record.further === undefined ? 'one repository, which has no folder' : folders.join(', ')
  throw new BerthError('bad-request', `${record.id} has no repository in a folder ${folder}: it has ${has}`)
}
