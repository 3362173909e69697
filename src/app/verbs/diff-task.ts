import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { folderOf, type RepositoryName, recordOf, repositoriesOf } from '../../domain/work-part.ts'
import { lineSplitter } from '../../std/lines.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { checkTurn, patchTurn, rangeOfTurn } from '../task/diff-range.ts'
import { nameBelow } from '../task/name-below.ts'
import { namedRepository } from '../task/named-repository.ts'
import { patchDiff } from '../task/patch-diff.ts'
import { otherOf } from '../task/work-of.ts'

/** Which part of a task's work the caller asks for, and in which form. */
export type DiffAsked = {
  readonly stat: boolean
  /** Only the names of the files. */
  readonly names: boolean
  readonly binary: boolean
  /** The repository in this folder alone; undefined: all. */
  readonly repository?: string | undefined
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

type Input = {
  readonly deps: Pick<Deps, 'git' | 'store'>
  readonly tasks: Tasks
  readonly record: TaskRecord
  readonly asked: DiffAsked
  readonly signal: AbortSignal
}

/** One repository of the task. `below`: the folder that its files are shown in. */
type Part = { readonly name: RepositoryName; readonly below?: string; readonly paths: readonly string[] }

/** What of the paths from the work's top lies in a folder; null: none does. */
const pathsBelow = (paths: readonly string[], folder: string): readonly string[] | null => {
  if (paths.length === 0 || paths.includes(folder)) return []
  const below = paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1))
  return below.length === 0 ? null : below
}

const hasOther = ({ others = [] }: TaskRecord, branch: string): boolean => others.some(({ name }) => name === branch)

const partsOf = (record: TaskRecord, { repository, branch, paths }: DiffAsked): readonly Part[] => {
  if (repository !== undefined) return [{ name: namedRepository(record, repository), paths }]
  if (record.further === undefined) return [{ name: null, paths }]
  const parts = repositoriesOf(record).flatMap((name): readonly Part[] => {
    const part = recordOf(record, name)
    const own = pathsBelow(paths, folderOf(part))
    if (own === null || (branch !== undefined && !hasOther(part, branch))) return []
    return [{ name, below: folderOf(part), paths: own }]
  })
  // Its error names what there is.
  return parts.length === 0 && branch !== undefined ? [{ name: null, paths }] : parts
}

/** Names of files, one a line, below a folder. */
async function* namesBelow(names: AsyncIterable<Buffer>, folder: string): AsyncGenerator<Buffer> {
  const lines = lineSplitter(Number.POSITIVE_INFINITY)
  const named = (line: string) => Buffer.from(`${nameBelow(line, folder)}\n`)
  for await (const chunk of names) for (const line of lines.push(chunk)) yield named(line)
  for (const line of lines.end()) yield named(line)
}

async function* diffPart({ deps, tasks, signal, ...input }: Input, part: Part): AsyncGenerator<Buffer> {
  const { branch, turn, stat, names, binary } = input.asked
  const record = recordOf(input.record, part.name)
  const { kind, base } = record.repository
  const paths = taskPaths(tasks.folderOf(record.id))
  const publish = part.name === null ? paths.publish : paths.publishOf(part.name)
  const journal = () => tasks.live(record.id)?.journal ?? deps.store.reader(paths.journal)
  if (kind !== 'clone' || base === null)
    throw new BerthError('not-allowed', `${record.id} has no repository to compare with`)
  const to = branch === undefined ? (record.wip ?? record.head) : otherOf(record, branch).head
  const range = turn === undefined ? to !== null && { from: base, to } : rangeOfTurn(record, journal(), turn, part.name)
  if (!range || range.from === range.to || !existsSync(publish)) return
  const { below } = part
  const asked = { publish, ...range, stat, names, paths: part.paths, binary, signal }
  if (below === undefined) return yield* deps.git.diff(asked)
  if (names) return yield* namesBelow(deps.git.diff(asked), below)
  if (stat) yield Buffer.from(`${below}:\n`)
  yield* deps.git.diff({ ...asked, below })
}

/** The task's work as a unified diff from its publish repositories; for a copied folder, its patch. */
export async function* diffTask(given: Input): AsyncGenerator<Buffer> {
  const { deps, tasks, record } = given
  const asked = checked(given.asked)
  const folder = tasks.folderOf(record.id)
  const journal = () => tasks.live(record.id)?.journal ?? deps.store.reader(taskPaths(folder).journal)
  if (record.repository.kind === 'copy' && asked.branch === undefined)
    return yield* patchDiff(folder, turnOfPatch(record, journal(), asked.turn), asked)
  for (const part of partsOf(record, asked)) yield* diffPart({ ...given, asked }, part)
}
