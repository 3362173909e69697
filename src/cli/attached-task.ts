import type { Duplex } from 'node:stream'
import { type Client, client, type EventQuery } from '../client/client.ts'
import { loadConfig } from '../config/load-config.ts'
import { ATTACH_PROTOCOL } from '../domain/attach.ts'
import { DETACH_KEYS, parseDetachKeys } from '../domain/detach-keys.ts'
import { BerthError, EXIT } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import { exitName } from '../domain/outcome.ts'
import type { TaskRecord } from '../domain/task.ts'
import { attachedLine } from '../views/attach-words.ts'
import { askYes } from './ask.ts'
import { attachTerminal } from './attach-terminal.ts'
import type { Context } from './context.ts'
import type { EventOutput } from './event-output.ts'
import { followTask } from './follow-task.ts'
import { holdTerminal, sizeOf } from './held-terminal.ts'
import { viewerName } from './own-terminal.ts'

/** Detach keys as the user writes them, and the bytes that they send. */
export type DetachKeys = { readonly text: string; readonly bytes: readonly number[] }

/** Those of the flag, the environment or the config file. */
export const detachKeys = ({ env, paths }: Context, flag: string | undefined): DetachKeys => {
  const flags = flag === undefined ? {} : { 'detach-keys': flag }
  const text = loadConfig({ flags, env, file: paths.configFile }).values['detach-keys'] ?? DETACH_KEYS
  const read = parseDetachKeys(text)
  if (!read.ok) throw new BerthError('bad-detach-keys', `--detach-keys: ${read.error}`)
  return { text, bytes: read.value }
}

/** Prints a task's events while the agent's screen is not there: the agent's own words were on that screen. */
export const besideScreen = (output: EventOutput) => {
  let phase: 'before' | 'screen' | 'after' = 'before'
  return {
    async take(...events: readonly Event[]) {
      if (phase === 'screen') return
      const shown = phase === 'before' ? events : events.filter(({ type }) => !type.startsWith('agent.'))
      await output.take(...shown)
    },
    note: output.note,
    close: output.close,
    begin() {
      if (phase === 'before') output.close()
      phase = 'screen'
    },
    end() {
      phase = 'after'
    },
  }
}

type Input = {
  readonly task: TaskRecord
  readonly keys: DetachKeys
  readonly readOnly: boolean
  readonly take: boolean
  readonly output: EventOutput
  /** Which events tell of the turn. */
  readonly query: Partial<EventQuery>
  /** This command began the turn: if it ends before it has a terminal, its outcome is told. */
  readonly begun: boolean
  /** Called when the agent's screen is there. */
  readonly opened?: () => void
  readonly signal?: AbortSignal
}

/** A connection by way of the supervisor; one that has ended is started again. */
const connectTo =
  (api: Client, id: string) =>
  async (signal: AbortSignal): Promise<Duplex> => {
    try {
      return await api.upgrade('attach', { id }, ATTACH_PROTOCOL, signal)
    } catch (error) {
      if (error instanceof BerthError || signal.aborted) throw error
    }
    await api.ask('status', {}, signal)
    return await api.upgrade('attach', { id }, ATTACH_PROTOCOL, signal)
  }

type Beside = ReturnType<typeof besideScreen>

const attachOnce = (
  context: Context,
  input: Input,
  beside: Beside,
  options: { take: boolean; signal: AbortSignal },
) => {
  const { task, keys, readOnly } = input
  return attachTerminal({
    id: task.id,
    who: viewerName(),
    readOnly,
    take: options.take,
    keys: keys.bytes,
    size: () => sizeOf(context),
    connect: connectTo(client(context), task.id),
    hold(state, held) {
      input.opened?.()
      beside.begin()
      context.stderr.write(`${attachedLine(task.id, state, keys.text)}\n`)
      return holdTerminal(context, { ...held, full: true })
    },
    signal: options.signal,
  })
}

/** Asks before it takes writing away from somebody. */
const attachAsking = async (context: Context, input: Input, beside: Beside, signal: AbortSignal) => {
  try {
    return await attachOnce(context, input, beside, { take: input.take, signal })
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== 'terminal-in-use') throw error
    if (!(await askYes(context, `berth: ${error.message}. Take over?`))) throw error
    return await attachOnce(context, input, beside, { take: true, signal })
  }
}

/** The next interrupt does nothing; a further one ends this process. The returned function ends that. */
const ignoreFirstInterrupt = (): (() => void) => {
  const ignore = () => {}
  process.once('SIGINT', ignore)
  return () => void process.off('SIGINT', ignore)
}

const isTooLate = (error: unknown) => error instanceof BerthError && error.code === 'no-terminal'

/** Shows the agent's terminal until it is closed, then what came of the turn; the exit code is the outcome's. */
export const attachedTask = async (context: Context, input: Input): Promise<number> => {
  const { task, output, query, begun } = input
  const over = new AbortController()
  const signal = AbortSignal.any([over.signal, ...(input.signal === undefined ? [] : [input.signal])])
  const beside = besideScreen(output)
  const outcomeOf = async () => {
    beside.end()
    // Some agents want Ctrl-C several times: one too many is not for us.
    const off = ignoreFirstInterrupt()
    const outcome = await following.finally(off)
    return outcome === null ? EXIT.internal : EXIT[exitName(outcome)]
  }
  if (!begun) beside.begin()
  const following = followTask(context, { task, after: 0, query, output: beside, signal })
  following.catch(() => {})
  try {
    const end = await attachAsking(context, input, beside, signal)
    if (end === 'over') return await outcomeOf()
    context.stderr.write(`berth: detached; the task keeps running. Attach again with \`berth attach ${task.id}\`\n`)
    return EXIT.detached
  } catch (error) {
    if (begun && isTooLate(error)) return await outcomeOf()
    throw error
  } finally {
    over.abort()
  }
}
