import { existsSync } from 'node:fs'
import type { ResultField } from '../../domain/result-references.ts'
import { lastTurn } from '../../domain/states.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { patchTurn } from './diff-range.ts'
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

async function* changedFiles({ deps, record, journal, folder, signal }: Input): AsyncGenerator<Buffer> {
  const asked = { stat: false, names: true, paths: [] }
  if (record.repository.kind === 'copy') return yield* patchDiff(folder, patchTurn(journal), asked)
  const { publish } = taskPaths(folder)
  const from = record.repository.base
  const to = record.wip ?? record.head
  if (from === null || to === null || from === to || !existsSync(publish)) return
  yield* deps.git.diff({ publish, from, to, ...asked, signal })
}

const filesText = async (input: Input): Promise<string> => {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of changedFiles(input)) {
    parts.push(part)
    bytes += part.length
    if (bytes > NAMES_BYTES) break
  }
  return Buffer.concat(parts).toString()
}

const turnOf = ({ record }: Input): number => lastTurn(record)?.turn ?? 1

const FIELDS: Readonly<Record<ResultField, (input: Input) => string | Promise<string>>> = {
  text: (input) => attemptMessage(input, turnOf(input)),
  files: filesText,
  branch: ({ record }) => record.pushed?.branch ?? '',
  commits: ({ record }) => record.commits.map(({ sha, subject }) => `${sha} ${subject}`).join('\n'),
  json: (input) => keptJson(input, turnOf(input)) ?? '',
}

/** What the prompt of another task may quote of a task: empty if the task has none. */
export const taskResultText = async (input: Input, field: ResultField): Promise<string> => await FIELDS[field](input)
