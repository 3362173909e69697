import { existsSync, readdirSync, statSync } from 'node:fs'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { type RepositoryName, recordsOf, repositoriesOf } from '../../domain/work-part.ts'
import { isFilled } from '../../std/mounted-folder.ts'
import type { JournalReader } from '../../store/store.ts'
import { otherNames } from '../../views/other-work.ts'
import { missingBase, workspaceIn } from './work-folder.ts'

/** True where what the last attempt has made was not taken out of the workspace, of all the task's repositories. */
export const isUngathered = (journal: JournalReader, record: Pick<TaskRecord, 'further'>): boolean => {
  const all = repositoriesOf(record)
  const missing = new Set<RepositoryName>()
  for (const event of journal.select('agent.started', 'work.kept', 'work.patch', 'work.nothing')) {
    if (event.type === 'agent.started') for (const one of all) missing.add(one)
    else missing.delete('repository' in event ? (event.repository ?? null) : null)
  }
  return missing.size > 0
}

const hasPatch = (out: string): boolean =>
  existsSync(out) && readdirSync(out).some((name) => name.endsWith('.patch') && statSync(`${out}/${name}`).size > 0)

/** The first answer of a task's repositories, with the folder of that one. */
const ofFirst = (record: TaskRecord, why: (part: TaskRecord) => string | null): string | null => {
  for (const part of recordsOf(record)) {
    const found = why(part)
    if (found !== null) return part.repository.folder === undefined ? found : `${part.repository.folder}: ${found}`
  }
  return null
}

const onlyInsideOf = ({ repository, wip, uncommitted, others = [] }: TaskRecord): string | null => {
  const inside = others.filter(({ sha }) => sha === null)
  if (repository.kind === 'clone' && wip === null && uncommitted.length > 0)
    return 'its uncommitted files are only in its workspace'
  return inside.length === 0 ? null : `some of its work is only in its workspace: ${otherNames(inside)}`
}

/** What has work and lies in the workspace alone, as words; null where there is nothing of the kind. */
export const onlyInside = (record: TaskRecord): string | null => ofFirst(record, onlyInsideOf)

const ofClone = ({ repository, head, wip, uncommitted, branches, others = [], pushed }: TaskRecord): string | null => {
  if (wip === null ? uncommitted.length > 0 : wip !== head) return 'it has uncommitted changes'
  if (head !== null && head !== repository.base && pushed?.sha !== head) return 'its commits are not pushed'
  if (others.length > 0) return `it has work that is not pushed: ${otherNames(others)}`
  return branches.length === 0 ? null : `its branches are not pushed: ${branches.join(', ')}`
}

/** Why a task's folder holds something that is nowhere else; null where it does not. */
export const unsavedWork = (record: TaskRecord, folder: string, journal: JournalReader): string | null => {
  const base = missingBase(folder)
  if (base !== null && !record.emptied) return `its workspace lies in ${base}, which is not there`
  const workspace = workspaceIn(folder)
  const { out } = taskPaths(folder)
  switch (record.repository.kind) {
    case 'mount':
      return null
    case 'none':
      return isFilled(workspace) ? 'its files exist nowhere else' : null
    default:
      if (isFilled(workspace) && isUngathered(journal, record)) return 'its work was not collected'
      return record.repository.kind === 'clone'
        ? ofFirst(record, ofClone)
        : hasPatch(out)
          ? 'its patch exists nowhere else'
          : onlyInside(record)
  }
}
