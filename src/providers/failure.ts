import type { AgentErrorClass } from '../domain/event.ts'
import type { AgentExit, Verdict } from './provider.ts'

/** The last thing that went wrong, as far as a stream told. */
export type Trouble = { readonly class: AgentErrorClass; readonly message: string }

const MEANING: Readonly<Record<Exclude<AgentErrorClass, 'agent'>, string>> = {
  auth: 'the model refused the credentials',
  'rate-limit': 'the model is rate-limited or its quota is used up',
  network: 'the model did not answer',
  model: 'the model refused the request',
  context: "the work is too large for the model's context",
}

/** The verdict on a turn that failed; `agent` is the CLI's name in a sentence. */
export const failure = (agent: string, { class: kind, message }: Trouble): Verdict => {
  const meaning = kind === 'agent' ? `${agent} failed` : MEANING[kind]
  return { ok: false, class: kind, reason: message === '' ? meaning : `${meaning}: ${message}` }
}

export const interrupted = (agent: string): Verdict => ({
  ok: false,
  class: 'interrupted',
  reason: `${agent} was interrupted before its turn was over`,
})

const exitWords = (exit: AgentExit) => {
  if (exit.signal !== null) return `was ended by ${exit.signal}`
  return exit.code === null ? 'ended' : `ended with exit code ${exit.code}`
}

/** What is said of a CLI that ended before it told how its turn went; `stderr` is the line of it that tells most. */
export const endedEarly = (exit: AgentExit, stderr: string): string => {
  const early = `it ${exitWords(exit)} before its turn was over`
  return stderr === '' ? early : `${early}: ${stderr}`
}
