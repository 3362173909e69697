import { existsSync } from 'node:fs'
import type { ResultField } from '../../domain/result-references.ts'
import { lastTurn } from '../../domain/states.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { folderOf, type RepositoryName, recordOf, recordsOf, repositoriesOf } from '../../domain/work-part.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { patchTurn } from './diff-range.ts'
import { nameBelow } from './name-below.ts'
import { patchDiff } from './patch-diff.ts'
import { attemptMessage, keptJson } from './result-answer.ts'

type Input = {
  readonly deps: Pick<Deps, 'git'>
  readonly record: TaskRecord
  readonly journal: JournalReader
  readonly folder: string
  readonly signal: AbortSignal
}

/** More names of files than any prompt quotes. */
const NAMES_BYTES = 1024 * 1024

/** Of one repository. */
async function* changedFiles(input: Input, repository: RepositoryName): AsyncGenerator<Buffer> {
  const { deps, journal, folder, signal } = input
  const record = recordOf(input.record, repository)
  const asked = { stat: false, names: true, paths: [] }
  if (record.repository.kind === 'copy') return yield* patchDiff(folder, patchTurn(journal), asked)
  const paths = taskPaths(folder)
  const publish = repository === null ? paths.publish : paths.publishOf(repository)
  const from = record.repository.base
  const to = record.wip ?? record.head
  if (from === null || to === null || from === to || !existsSync(publish)) return
  yield* deps.git.diff({ publish, from, to, ...asked, signal })
}

const filesOf = async (input: Input, repository: RepositoryName): Promise<string> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of changedFiles(input, repository)) {
    parts.push(part)
    bytes += part.length
    if (bytes > NAMES_BYTES) break
  }
  const names = Buffer.concat(parts).toString()
  const below = folderOf(recordOf(input.record, repository))
  return below === '' ? names : names.replace(/^.+$/gm, (name) => nameBelow(name, below))
}

const filesText = async (input: Input): Promise<string> => {
  const all: string[] = []
  for (const repository of repositoriesOf(input.record)) all.push(await filesOf(input, repository))
  return all.join('')
}

/** Among several repositories, each commit stands behind the folder of its own. */
const commitLines = (record: TaskRecord): readonly string[] => {
  const below = folderOf(record) === '' ? '' : `${folderOf(record)}: `
  return record.commits.map(({ sha, subject }) => `${below}${sha} ${subject}`)
}

const turnOf = ({ record }: Input): number => lastTurn(record)?.turn ?? 1

const FIELDS: Readonly<Record<ResultField, (input: Input) => string | Promise<string>>> = {
  text: (input) => attemptMessage(input, turnOf(input)),
  files: filesText,
  // It has one name in all repositories.
  branch: ({ record }) => recordsOf(record).find(({ pushed }) => pushed !== null)?.pushed?.branch ?? '',
  commits: ({ record }) => recordsOf(record).flatMap(commitLines).join('\n'),
  json: (input) => keptJson(input, turnOf(input)) ?? '',
}

/** What the prompt of another task may quote of a task: empty if the task has none. */
export const taskResultText = async (input: Input, field: ResultField): Promise<string> => await FIELDS[field](input)
