import { BerthError, EXIT } from '../../domain/errors.ts'
import type { ListedTask } from '../../domain/task.ts'
import { plain } from '../../views/style.ts'
import { taskTable } from '../../views/task-table.ts'
import type { Context } from '../context.ts'
import { isLiveTerminal, terminalStyle } from '../terminal.ts'
import { type TaskQuery, watchTasks } from '../watch-tasks.ts'
import { writeTo } from '../write.ts'

const TICK_MS = 1000
/** A screen of its own, and back to what was there before. */
const ENTER = '\u001b[?1049h'
const LEAVE = '\u001b[?1049l'
const CLEAR = '\u001b[H\u001b[J'

type Asked = { readonly query: TaskQuery; readonly json: boolean; readonly quiet: boolean; readonly none: string }

/** A task's row without what is another each second. */
const rowOf = (task: ListedTask): string => taskTable([task], { style: plain, now: 0, width: undefined })[1] ?? ''

/** Where nothing can be drawn again: a row, or a JSON line, for each task that has become another. */
const printChanges = async (context: Context, { query, json }: Asked, signal: AbortSignal): Promise<void> => {
  const told = new Map<string, string>()
  const { stdout } = context
  for await (const tasks of watchTasks(context, query, signal)) {
    const changed = tasks.filter((task) => told.get(task.id) !== rowOf(task))
    const isFirst = told.size === 0
    for (const task of tasks) told.set(task.id, rowOf(task))
    if (changed.length === 0) continue
    const [head = '', ...rows] = taskTable(changed, { style: plain, now: Date.now(), width: undefined })
    const lines = json ? changed.map((task) => JSON.stringify(task)) : isFirst ? [head, ...rows] : rows
    await writeTo(stdout, `${lines.join('\n')}\n`)
  }
}

const frame = ({ stdout }: Context, lines: readonly string[], none: string): string => {
  const rows = Math.max(1, (stdout.rows || 24) - 1)
  const shown = lines.length > rows ? [...lines.slice(0, rows - 1), `${lines.length - rows + 1} more`] : lines
  return `${CLEAR}${(lines.length > 1 ? shown : [none]).join('\n')}`
}

/** On a terminal: the table, drawn again at each change, each second for its times, and at once in another size. */
const drawTable = async (context: Context, { query, none }: Asked, stop: AbortController): Promise<void> => {
  const { stdout } = context
  let tasks: readonly ListedTask[] = []
  const table = () => taskTable(tasks, { style: terminalStyle(context), now: Date.now(), width: stdout.columns || 80 })
  const draw = () => {
    if (!stdout.writableNeedDrain) stdout.write(frame(context, table(), none))
  }
  const end = () => stop.abort()
  const timer = setInterval(draw, TICK_MS)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, end)
  stdout.on('resize', draw)
  stdout.write(ENTER)
  try {
    for await (const now of watchTasks(context, query, stop.signal)) {
      tasks = now
      draw()
    }
  } finally {
    clearInterval(timer)
    stdout.off('resize', draw)
    for (const signal of signals) process.off(signal, end)
    await writeTo(stdout, `${LEAVE}${tasks.length > 0 ? `${table().join('\n')}\n` : ''}`)
  }
}

/** `ls --watch`, until Ctrl-C. */
export const watchLs = async (context: Context, asked: Asked): Promise<number> => {
  if (asked.quiet) throw new BerthError('usage', '--watch and --quiet exclude each other, because ids do not change')
  const stop = new AbortController()
  if (asked.json || !isLiveTerminal(context)) await printChanges(context, asked, stop.signal)
  else await drawTable(context, asked, stop)
  return EXIT.done
}
