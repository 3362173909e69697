import type { AgentExit, Parser, Verdict } from '../../providers/provider.ts'

/**
 * Exit codes beside 0 by which a person ends an agent at its terminal: that of SIGINT, which the kernel sends for a Ctrl-C
 * where the CLI has given the keyboard back.
 */
export const QUIT_CODES: readonly number[] = [130]

const isQuit = ({ code, signal }: AgentExit): boolean =>
  signal === 'SIGINT' || (code !== null && (code === 0 || QUIT_CODES.includes(code)))

const verdictOf = (title: string, exit: AgentExit): Verdict => {
  if (exit.interrupted) return { ok: false, class: 'interrupted', reason: `${title} was stopped at its terminal` }
  if (isQuit(exit)) return { ok: true, class: 'ok', reason: `${title} was quit at its terminal` }
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  return { ok: false, class: 'agent', reason: `${title} ended ${how} at its terminal` }
}

/** For a CLI on a terminal. It says nothing but its screen, and a person ends it. */
export const terminalParser = (title: string): Parser => ({
  line: () => [],
  errorLine: () => [],
  end: (exit) => ({ verdict: verdictOf(title, exit), events: [] }),
})
