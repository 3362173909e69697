import type { QueueAnswer, QueuedTurn } from '../../api/answers.ts'
import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { FINAL } from '../../domain/task.ts'
import { table } from '../../std/table.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { age } from '../../views/words.ts'
import type { Context } from '../context.ts'
import { readPrompt } from '../prompt.ts'
import { type Selector, select } from '../select.ts'
import { terminalWidth } from '../terminal.ts'

type Options = { readonly json?: boolean; readonly promptFile?: string }

const turnNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BerthError('usage', `${text}: not the number of a turn`)
  return Number(text)
}

const shown = (prompt: string): string => {
  const [first = '', ...more] = prompt.trim().split('\n')
  return terminalLine(more.length === 0 ? first : `${first} ...`)
}

export const queueAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & Options,
): Promise<number> => {
  const api = client(context)
  const found = await select(context, ids, options, ({ state }) => !FINAL.has(state))
  const tasks: QueueAnswer[] = []
  for (const { id } of found) tasks.push(await api.ask('queue', { id }))
  if (options.json) {
    context.stdout.write(`${JSON.stringify({ tasks })}\n`)
    return EXIT.done
  }
  const now = Date.now()
  const row = (id: string, { turn, queuedAt, prompt }: QueuedTurn) => [
    id,
    String(turn),
    age(queuedAt, now),
    shown(prompt),
  ]
  const rows = tasks.flatMap(({ id, turns }) => turns.map((turn) => row(id, turn)))
  const width = terminalWidth(context)
  const columns = [{ title: 'TASK' }, { title: 'TURN' }, { title: 'AGE' }, { title: 'PROMPT', flexible: true }]
  if (rows.length === 0 && width !== undefined) context.stdout.write('no queued turns\n')
  else context.stdout.write(`${table(columns, rows, width === undefined ? {} : { width }).join('\n')}\n`)
  return EXIT.done
}

export const editAction = async (
  context: Context,
  asked: { readonly id: string; readonly turn: string; readonly words: readonly string[] },
  options: Options,
): Promise<number> => {
  const turn = turnNumber(asked.turn)
  const { rest, dashed } = context.split
  const words = [...asked.words, ...(dashed === null ? [] : [dashed]), ...(rest ?? [])]
  const body = { prompt: await readPrompt(context, words, options.promptFile) }
  const record = await client(context).ask('edit', { id: asked.id, turn, body })
  context.stdout.write(options.json ? `${JSON.stringify(record)}\n` : `${record.id} turn ${turn} edited\n`)
  return EXIT.done
}

export const withdrawAction = async (
  context: Context,
  id: string,
  turns: readonly string[],
  options: Options,
): Promise<number> => {
  const api = client(context)
  const numbers = [...new Set(turns.map(turnNumber))]
  let record = await api.ask('task', { id })
  for (const turn of numbers) {
    record = await api.ask('withdraw', { id: record.id, turn })
    if (!options.json) context.stdout.write(`${record.id} turn ${turn} withdrawn\n`)
  }
  if (options.json) context.stdout.write(`${JSON.stringify(record)}\n`)
  return EXIT.done
}
