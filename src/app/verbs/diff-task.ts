import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { checkTurn, patchTurn, rangeOfTurn } from '../task/diff-range.ts'
import { patchDiff } from '../task/patch-diff.ts'
import { otherOf } from '../task/work-of.ts'

/** Which part of a task's work the caller asks for, and in which form. */
export type DiffAsked = {
  readonly stat: boolean
  /** Only the names of the files. */
  readonly names: boolean
  readonly binary: boolean
  /** Other work of the task, by its name. */
  readonly branch?: string | undefined
  /** Only the changes of this turn. */
  readonly turn?: number | undefined
  /** Files and folders, from the work's top; none: all. */
  readonly paths: readonly string[]
}

const insidePath = (path: string): string => {
  const plain = posix.normalize(path).replace(/\/$/, '')
  if (path !== '' && !path.includes('\0') && !plain.startsWith('/') && plain !== '..' && !plain.startsWith('../'))
    return plain
  throw new BerthError('bad-request', `${path}: not a path in the work`, {
    hint: 'Name files and folders from the top of the repository, like src/main.ts.',
  })
}

const checked = (asked: DiffAsked): DiffAsked => {
  if (asked.stat && asked.names) throw new BerthError('bad-request', '--stat and --name-only exclude each other')
  if (asked.turn !== undefined && asked.branch !== undefined)
    throw new BerthError('bad-request', '--turn and --branch exclude each other')
  const paths = asked.paths.map(insidePath)
  return { ...asked, paths: paths.includes('.') ? [] : paths }
}

const turnOfPatch = (record: TaskRecord, journal: JournalReader, turn: number | undefined): number | null => {
  if (turn === undefined) return patchTurn(journal)
  checkTurn(record, turn)
  if (patchTurn(journal, turn - 1) !== null)
    throw new BerthError(
      'not-allowed',
      `${record.id} works on a copied folder: Berth keeps only the changes of all turns together`,
      {
        hint: `\`berth diff ${record.id}\` shows what they changed.`,
      },
    )
  const found = patchTurn(journal, turn)
  return found === turn ? found : null
}

/** The task's work as a unified diff from its publish repository; for a copied folder, its patch. */
export async function* diffTask(input: {
  readonly deps: Pick<Deps, 'git' | 'store'>
  readonly tasks: Tasks
  readonly record: TaskRecord
  readonly asked: DiffAsked
  readonly signal: AbortSignal
}): AsyncGenerator<Buffer> {
  const { deps, tasks, record, signal } = input
  const asked = checked(input.asked)
  const { branch, turn, stat, names, binary, paths } = asked
  const { kind, base } = record.repository
  const folder = tasks.folderOf(record.id)
  const { journal: path, publish } = taskPaths(folder)
  const journal = () => tasks.live(record.id)?.journal ?? deps.store.reader(path)
  if (kind === 'copy' && branch === undefined)
    return yield* patchDiff(folder, turnOfPatch(record, journal(), turn), asked)
  if (kind !== 'clone' || base === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to compare with`)
  const to = branch === undefined ? (record.wip ?? record.head) : otherOf(record, branch).head
  const range = turn === undefined ? to !== null && { from: base, to } : rangeOfTurn(record, journal(), turn)
  if (!range || range.from === range.to || !existsSync(publish)) return
  yield* deps.git.diff({ publish, ...range, stat, names, paths, binary, signal })
}
