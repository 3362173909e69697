import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { variablesOfTask } from '../../client/named-variables.ts'
import { readFiles } from '../../client/read-files.ts'
import { EXIT } from '../../domain/errors.ts'
import type { State, TaskRecord } from '../../domain/task.ts'
import { newId } from '../../std/id.ts'
import type { Context } from '../context.ts'
import { detachWhenUnread } from '../detach.ts'
import { eachTask } from '../each-task.ts'
import { envEntries } from '../env-file.ts'
import { eventOutput } from '../event-output.ts'
import { followTask } from '../follow-task.ts'
import { idOrLast, isTask } from '../last-task.ts'
import { exitOf } from '../outcome.ts'
import { readPrompt } from '../prompt.ts'
import { sayHost } from '../say-host.ts'
import { type Selector, select } from '../select.ts'

export type SendOptions = {
  readonly interrupt?: boolean
  readonly follow?: boolean
  readonly quiet?: boolean
  readonly file?: readonly string[]
  readonly promptFile?: string
  readonly env?: readonly string[]
  readonly envFile?: readonly string[]
  readonly json?: boolean
}

/** A lone argument: an id without a prompt, or a prompt without an id, which is for the last task. */
const taskAndPrompt = async (context: Context, id: string | undefined, prompt: readonly string[], file?: string) => {
  if (id === undefined) return { id: await idOrLast(context, id), prompt }
  if (prompt.length > 0 || file !== undefined || (await isTask(context, id))) return { id, prompt }
  return { id: await idOrLast(context, undefined), prompt: [id] }
}

export const sendAction = async (
  context: Context,
  asked: string | undefined,
  words: readonly string[],
  options: SendOptions,
): Promise<number> => {
  const { rest, dashed } = context.split
  const given = [...words, ...(dashed === null ? [] : [dashed]), ...(rest ?? [])]
  const { promptFile } = options
  const { id, prompt: parts } = await taskAndPrompt(context, asked, given, promptFile)
  const api = client(context)
  const before = await api.ask('task', { id })
  const isWordless = before.mode === 'interactive' && parts.length === 0 && promptFile === undefined
  const prompt = isWordless ? '' : await readPrompt(context, parts, promptFile)
  const env = envEntries(context, options)
  const body = {
    prompt,
    interrupt: options.interrupt ?? false,
    key: newId('s'),
    env,
    files: await readFiles(context, options.file),
    caller: callerContextOf(context, variablesOfTask(before, env)),
  }
  const record = await api.ask('send', { id: before.id, body })
  sayHost(context, record)
  const turn = record.turns.at(-1)?.turn ?? 0
  if (!options.follow) {
    context.stdout.write(options.json ? `${JSON.stringify(record)}\n` : `${record.id} turn ${turn}\n`)
    return EXIT.done
  }
  detachWhenUnread(context, record.id)
  const { json = false, quiet = false } = options
  const output = eventOutput(context, { id: record.id, json, quiet, model: record.provider.model })
  await followTask(context, { task: record, after: before.seq, output, json, quiet })
  const after = await api.ask('task', { id: record.id })
  // Further prompts may have been sent meanwhile: this one's end is asked for.
  return exitOf(after.turns.find((one) => one.turn === turn) ?? after)
}

const RETRIED: ReadonlySet<State> = new Set(['failed', 'stopped', 'died'])

/** Whether the task's last turn can be tried again. */
export const isRetried = ({ state, emptied }: TaskRecord): boolean => RETRIED.has(state) && !emptied

/** `envOf`: entries as of --env for one task alone. */
export const resumeAction = async (
  context: Context,
  ids: readonly string[],
  options: Selector & Pick<SendOptions, 'env' | 'envFile' | 'json'>,
  envOf: (id: string) => readonly string[] = () => [],
): Promise<number> => {
  const given = envEntries(context, options)
  const api = client(context)
  const found = await select(context, ids, options, isRetried)
  const key = newId('s')
  const callers = new Map(
    found.map((record) => {
      const env = [...given, ...envOf(record.id)]
      return [record.id, { env, caller: callerContextOf(context, variablesOfTask(record, env)) }] as const
    }),
  )
  await eachTask(
    [...callers.keys()],
    (id) => api.ask('resume', { id, body: { key, ...(callers.get(id) ?? { caller: callerContextOf(context) }) } }),
    (tasks) => {
      const onHost = tasks.find(({ isolation }) => isolation === 'host')
      if (onHost !== undefined) sayHost(context, onHost)
      if (options.json) context.stdout.write(`${JSON.stringify({ tasks })}\n`)
      else for (const record of tasks) context.stdout.write(`${record.id} ${record.state}\n`)
    },
  )
  return EXIT.done
}
