import type { TaskRecord, WorkPart } from './task.ts'

const FIELDS: Readonly<Record<keyof WorkPart, true>> = {
  repository: true,
  commits: true,
  head: true,
  wip: true,
  uncommitted: true,
  uncommittedLeft: true,
  changes: true,
  branches: true,
  others: true,
  rewritten: true,
  pushed: true,
  pushError: true,
  pr: true,
  prError: true,
}

/** A repository of a task, by its folder; null: the main one. */
export type RepositoryName = string | null

/** The fields of a record that are about its main repository. */
const mainPart = (record: TaskRecord): WorkPart =>
  Object.fromEntries(Object.entries(record).filter(([name]) => Object.hasOwn(FIELDS, name))) as WorkPart

const withoutPart = (record: TaskRecord): Omit<TaskRecord, keyof WorkPart> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !Object.hasOwn(FIELDS, name))) as TaskRecord

/** True for a repository that the task has. */
export const hasRepository = ({ further = {} }: Pick<TaskRecord, 'further'>, name: RepositoryName): boolean =>
  name === null || Object.hasOwn(further, name)

/** The record as it would be if the task had this repository alone. */
export const recordOf = (record: TaskRecord, name: RepositoryName): TaskRecord => {
  const { further = {} } = record
  const part = name === null || !Object.hasOwn(further, name) ? undefined : further[name]
  return part === undefined ? record : { ...withoutPart(record), ...part }
}

/** The record with what a change of `recordOf` made of this repository, and of the task. */
export const withRecordOf = (record: TaskRecord, name: RepositoryName, changed: TaskRecord): TaskRecord =>
  name === null
    ? changed
    : {
        ...withoutPart(changed),
        ...mainPart(record),
        further: { ...record.further, [name]: mainPart(changed) },
      }

/** The names of a task's repositories, the main one first. */
export const repositoriesOf = ({ further = {} }: Pick<TaskRecord, 'further'>): readonly RepositoryName[] => [
  null,
  ...Object.keys(further),
]

/** The record for each repository of the task, the main one first. */
export const recordsOf = (record: TaskRecord): readonly TaskRecord[] =>
  repositoriesOf(record).map((name) => recordOf(record, name))

/** The word for a repository of a task that has several; empty in a task with one. */
export const folderOf = ({ repository }: Pick<WorkPart, 'repository'>): string => repository.folder ?? ''

/** True if it has commits that Berth did not push. */
export const isUnpushed = ({ head, repository, pushed }: Pick<WorkPart, 'head' | 'repository' | 'pushed'>): boolean =>
  head !== null && head !== repository.base && pushed?.sha !== head
