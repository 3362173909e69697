import { StringDecoder } from 'node:string_decoder'
import type { TaskRecord } from '../../domain/task.ts'
import { terminalVisible } from '../../std/terminal-visible.ts'
import { otherLines } from '../../views/other-work.ts'
import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { idOrLast } from '../last-task.ts'
import { writeTo } from '../write.ts'

export type DiffOptions = {
  readonly stat?: boolean
  readonly nameOnly?: boolean
  readonly branch?: string
  readonly turn?: string
}

/** What the diff does not show, on stderr. */
const sayOthers = async (context: Context, id: string): Promise<void> => {
  const record = await client(context).json<TaskRecord>('GET', `/v1/tasks/${encodeURIComponent(id)}`)
  for (const line of otherLines(record.others, record.id)) context.stderr.write(`berth: ${line}\n`)
}

export const diffAction = async (
  context: Context,
  asked: string | undefined,
  options: DiffOptions,
): Promise<number> => {
  const id = await idOrLast(context, asked)
  const { stat = false, nameOnly = false, branch, turn } = options
  // What `git apply` takes is of no use on a screen.
  const query = new URLSearchParams({
    stat: `${stat}`,
    names: `${nameOnly}`,
    binary: `${context.stdout.isTTY !== true}`,
  })
  if (branch !== undefined) query.set('branch', branch)
  if (turn !== undefined) query.set('turn', turn)
  for (const path of context.split.rest ?? []) query.append('path', path)
  const stream = await client(context).stream(`/v1/tasks/${encodeURIComponent(id)}/diff?${query}`)
  // On a terminal what the agent hid in its files is written out; a pipe gets the bytes.
  const decoder = new StringDecoder('utf8')
  const shown = (chunk: Buffer) => (context.stdout.isTTY ? terminalVisible(decoder.write(chunk)) : chunk)
  for await (const chunk of stream) await writeTo(context.stdout, shown(chunk))
  if (branch === undefined && turn === undefined) await sayOthers(context, id)
  return 0
}
