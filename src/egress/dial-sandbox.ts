import type { Socket } from 'node:net'
import { type DialFailure, type DialTarget, formatDialTarget } from '../domain/dial.ts'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import type { DialAnswer } from './control-dial.ts'

const TRIES = 3

/** What each failure means to the caller, and what to do. */
const MEANING: Readonly<Record<DialFailure, readonly [words: string, hint?: string]>> = {
  closed: ['CLOSED'],
  failed: ['the worker could not connect to PLACE in the sandbox', 'Its server may be overloaded. Try again.'],
  unknown: ['the worker in the container is of an older version of Berth', 'Try again in the next turn.'],
  silent: [
    'no worker in the sandbox answers the gateway',
    'The container may just have started: try again. If it was started by an older version of Berth, wait for the next turn.',
  ],
  crowded: ['too many connections into the sandbox are open', 'Close some of them.'],
  'no-turn': [
    'no turn is running, so the sandbox has no gateway',
    'Send a prompt with `berth send ID`, then try again.',
  ],
}

const CLOSED: Readonly<Record<DialTarget['kind'], string>> = {
  port: 'nothing listens on PLACE in the sandbox',
  terminal: 'the agent runs on no terminal',
  program: 'the sandbox starts no program now',
}

const placeOf = (target: DialTarget): string => {
  if (target.kind === 'port') return `port ${target.port}`
  return target.kind === 'terminal' ? "the agent's terminal" : 'a program'
}

const failed = (task: string, target: DialTarget, { failure, error }: DialAnswer): BerthError => {
  const [words, hint] = MEANING[failure as DialFailure] ?? [
    `the gateway refused the connection: ${error ?? failure}`,
    'An older version of Berth may have started the gateway. It is replaced when no task runs.',
  ]
  const message = `${task}: ${words.replace('CLOSED', CLOSED[target.kind]).replace('PLACE', placeOf(target))}`
  return new BerthError('port-unreachable', message, hint === undefined ? {} : { hint })
}

type Gateway = {
  /** Resolves when there is a gateway that has the task. `lost`: the one that had it does not answer. */
  ready(task: string, lost: boolean): Promise<void>
  dial(task: string, target: DialTarget, signal: AbortSignal): Promise<Socket | DialAnswer>
}

/** A connection into a task's sandbox, over the gateway that lives now; one that dies meanwhile is waited for. */
export const dialSandbox = async (
  gateway: Gateway,
  asked: { readonly task: string; readonly target: DialTarget; readonly signal: AbortSignal },
): Promise<Socket> => {
  const { task, target, signal } = asked
  let cause: unknown
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    try {
      await gateway.ready(task, tries > 0)
      const answer = await gateway.dial(task, target, signal)
      if ('destroySoon' in answer) return answer
      throw failed(task, target, answer)
    } catch (error) {
      if (error instanceof BerthError) throw error
      cause = error
    }
  }
  const reason = `${formatDialTarget(target)} could not be asked for: ${errorMessage(cause)}`
  throw new BerthError('port-unreachable', `${task}: ${reason}`, { cause })
}
