import type { Changes } from '../domain/changes.ts'
import { publishedWords } from '../domain/published-words.ts'
import type { ListedTask, TaskRecord } from '../domain/task.ts'
import { folderOf, recordsOf } from '../domain/work-part.ts'
import { cutToWidth, displayWidth } from '../std/display-width.ts'
import { formatDuration } from '../std/duration.ts'
import { type Column, table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { costWords, linesWords, shortCount, workWords } from './result-words.ts'
import { STATE_FORMAT, stateWords } from './state-words.ts'
import type { Style } from './style.ts'
import { age, shortRepository } from './words.ts'

const LONGEST = 50
/** Columns that a cell which can be cut has at least, before a whole column is left out. */
const LEAST = 12
const GAP = 2

type Part = Column & {
  readonly cell: (task: ListedTask) => string
  /** Where the terminal is too narrow the columns go by this, the highest first; 0: never. */
  readonly leaves: number
}

const place = ({ id, repository, further = {} }: TaskRecord) => {
  const more = Object.keys(further).length
  const repo = `${terminalLine(shortRepository(repository.url))}${more === 0 ? '' : ` +${more}`}`
  const branch = repository.pushBranch ?? repository.branch
  // The branch of its own bears the id, which stands there already.
  return branch === null || repo === '' || branch === `berth/${id}` ? repo : `${repo}:${terminalLine(branch)}`
}

const tookWords = ({ activeMs, activeSince }: TaskRecord, now: number): string => {
  const ms = activeMs + (activeSince === null ? 0 : Math.max(0, now - Date.parse(activeSince)))
  return ms === 0 ? '' : formatDuration(ms < 1000 ? ms : Math.floor(ms / 1000) * 1000, 2)
}

/** Dollars where they are known, else tokens. */
const costCell = ({ cost, usage, gatewayUsage }: ListedTask): string => {
  if (cost != null) return costWords(cost)
  const { inputTokens, outputTokens } = gatewayUsage ?? usage
  return inputTokens + outputTokens === 0 ? '' : `${shortCount(inputTokens + outputTokens)} tok`
}

/** Where a push is the whole reason the work says it already. */
const reasonOf = (task: TaskRecord): string => {
  const { reason, state } = task
  const parts = recordsOf(task).map(({ repository, pushed }) => ({ repository, pushed }))
  const isPush = state === 'done' && parts.every(({ pushed }) => pushed !== null) && reason === publishedWords(parts)
  return reason === null || isPush ? '' : reason
}

/** Of all its repositories together. */
const changedCell = (task: ListedTask): string => {
  const counted = recordsOf(task).flatMap(({ changes }) => (changes === undefined ? [] : [changes]))
  const sum = (of: keyof Changes) => counted.reduce((all, one) => all + one[of], 0)
  if (counted.length === 0) return ''
  return linesWords({ files: sum('files'), insertions: sum('insertions'), deletions: sum('deletions') })
}

/** Of several repositories each by its folder, if it is not the same for all. */
const workCell = (task: ListedTask): string => {
  const parts = recordsOf(task).map((part) => ({ folder: folderOf(part), words: workWords(part) }))
  const [first, ...more] = parts
  if (first === undefined || more.every(({ words }) => words === first.words)) return first?.words ?? ''
  return parts
    .filter(({ words }) => words !== '')
    .map(({ folder, words }) => `${folder}: ${words}`)
    .join('; ')
}

const workColour = (cell: string, style: Style): string => {
  if (cell.startsWith('pushed')) return style('green', cell)
  return cell.startsWith('kept') ? style('yellow', cell) : style('dim', cell)
}

const partsOf = (tasks: readonly ListedTask[], style: Style, now: number): readonly Part[] => {
  const state = (cell: string, row: number) => style(STATE_FORMAT[tasks[row]?.state ?? 'queued'], cell)
  const cut = (text: string) => cutToWidth(terminalLine(text), LONGEST)
  const name: Part = { title: 'NAME', cell: (task) => terminalLine(task.name ?? ''), flexible: true, leaves: 3 }
  return [
    { title: 'ID', cell: ({ id }) => id, leaves: 0 },
    ...(tasks.some((task) => task.name !== null) ? [name] : []),
    { title: 'TITLE', cell: ({ title }) => cut(title), flexible: true, leaves: 1 },
    { title: 'STATE', cell: stateWords, style: state, leaves: 0 },
    {
      title: 'CHANGED',
      cell: changedCell,
      align: 'right',
      leaves: 2,
    },
    { title: 'WORK', cell: workCell, style: (cell) => workColour(cell, style), flexible: true, leaves: 4 },
    { title: 'REASON', cell: (task) => cut(reasonOf(task)), flexible: true, leaves: 7 },
    { title: 'TOOK', cell: (task) => tookWords(task, now), align: 'right', leaves: 5 },
    { title: 'COST', cell: costCell, align: 'right', leaves: 6 },
    { title: 'AGENT', cell: ({ provider }) => terminalLine(provider.id), leaves: 9 },
    { title: 'REPOSITORY', cell: place, flexible: true, leaves: 10 },
    { title: 'AGE', cell: ({ createdAt }) => age(createdAt, now), align: 'right', leaves: 8 },
  ]
}

type Filled = { readonly part: Part; readonly cells: readonly string[]; readonly least: number }

const filled = (part: Part, tasks: readonly ListedTask[]): Filled => {
  const cells = tasks.map(part.cell)
  const natural = cells.reduce((most, cell) => Math.max(most, displayWidth(cell)), part.title.length)
  return { part, cells, least: part.flexible ? Math.min(natural, LEAST) : natural }
}

/** The columns that have room, in their order. */
const fitting = (all: readonly Filled[], width: number): readonly Filled[] => {
  const needed = all.reduce((sum, { least }) => sum + least + GAP, -GAP)
  const first = all.toSorted((a, b) => b.part.leaves - a.part.leaves)[0]
  if (needed <= width || first === undefined || first.part.leaves === 0) return all
  return fitting(
    all.filter((one) => one !== first),
    width,
  )
}

/** Lines of `berth ls`. `width`: the terminal's columns; undefined where nothing is to be cut. */
export const taskTable = (
  tasks: readonly ListedTask[],
  options: { readonly style: Style; readonly now: number; readonly width: number | undefined },
): readonly string[] => {
  const { style, now, width } = options
  const all = partsOf(tasks, style, now).map((part) => filled(part, tasks))
  const shown = width === undefined ? all : fitting(all, width)
  return table(
    shown.map(({ part }) => part),
    tasks.map((_, row) => shown.map(({ cells }) => cells[row] ?? '')),
    width === undefined ? {} : { width },
  )
}
