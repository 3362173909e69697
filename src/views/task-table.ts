import type { TaskRecord } from '../domain/task.ts'
import { table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { STATE_FORMAT, stateWords } from './state-words.ts'
import type { Style } from './style.ts'
import { age, shortRepository } from './words.ts'

const TITLE_LONGEST = 50

const title = ({ name, title: text }: TaskRecord) => {
  const line = terminalLine(name ?? text)
  return line.length > TITLE_LONGEST ? `${line.slice(0, TITLE_LONGEST - 3).toWellFormed()}...` : line
}

const place = ({ id, repository }: TaskRecord) => {
  const repo = terminalLine(shortRepository(repository.url))
  const branch = repository.pushBranch ?? repository.branch
  // The branch of its own bears the id, which stands there already.
  return branch === null || repo === '' || branch === `berth/${id}` ? repo : `${repo}:${terminalLine(branch)}`
}

/** Lines of `berth ls`. `width`: the terminal's columns; undefined where nothing is to be cut. */
export const taskTable = (
  records: readonly TaskRecord[],
  options: { readonly style: Style; readonly now: number; readonly width: number | undefined },
): readonly string[] => {
  const { style, now, width } = options
  const state = (cell: string, row: number) => style(STATE_FORMAT[records[row]?.state ?? 'queued'], cell)
  return table(
    [
      { title: 'ID' },
      { title: 'NAME', flexible: true },
      { title: 'STATE', style: state },
      { title: 'AGENT' },
      { title: 'REPOSITORY', flexible: true },
      { title: 'AGE', align: 'right' },
    ],
    records.map((record) => [
      record.id,
      title(record),
      stateWords(record),
      terminalLine(record.provider.id),
      place(record),
      age(record.createdAt, now),
    ]),
    width === undefined ? {} : { width },
  )
}
