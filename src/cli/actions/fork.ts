import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { variablesOfTask } from '../../client/named-variables.ts'
import { readFiles } from '../../client/read-files.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { newId } from '../../std/id.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { envEntries } from '../env-file.ts'
import { eventOutput } from '../event-output.ts'
import { followTask } from '../follow-task.ts'
import { exitOf } from '../outcome.ts'
import { readPrompt } from '../prompt.ts'
import { sayHost } from '../say-host.ts'

export type ForkOptions = {
  readonly turn?: string
  readonly name?: string
  readonly title?: string
  readonly file?: readonly string[]
  readonly promptFile?: string
  readonly env?: readonly string[]
  readonly envFile?: readonly string[]
  readonly newSession?: boolean
  readonly follow?: boolean
  readonly json?: boolean
}

const turnNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BerthError('usage', `--turn ${text}: not the number of a turn`)
  return Number(text)
}

export const forkAction = async (
  context: Context,
  id: string,
  given: readonly string[],
  options: ForkOptions,
): Promise<number> => {
  const { rest, dashed } = context.split
  const words = [...given, ...(dashed === null ? [] : [dashed]), ...(rest ?? [])]
  const { turn, name, title, promptFile } = options
  const env = envEntries(context, options)
  const api = client(context)
  const parent = await api.ask('task', { id })
  const body = {
    id: newId('t'),
    ...(turn === undefined ? {} : { turn: turnNumber(turn) }),
    ...(words.length === 0 && promptFile === undefined ? {} : { prompt: await readPrompt(context, words, promptFile) }),
    ...(name === undefined ? {} : { name }),
    ...(title === undefined ? {} : { title }),
    newSession: options.newSession ?? false,
    files: await readFiles(context, options.file),
    env,
    caller: callerContextOf(context, variablesOfTask(parent, env)),
  }
  const record = await api.ask('fork', { id: parent.id, body })
  sayHost(context, record)
  for (const warning of record.warnings) context.stderr.write(`berth: warning: ${terminalLine(warning)}\n`)
  if (!options.follow) {
    context.stdout.write(options.json ? `${JSON.stringify(record)}\n` : `${record.id}\n`)
    return EXIT.done
  }
  detachWhenUnread(context, record.id)
  const { json = false } = options
  const output = eventOutput(context, { id: record.id, json, model: record.provider.model })
  await followTask(context, { task: record, after: 0, output, json })
  return exitOf(await api.ask('task', { id: record.id }))
}
