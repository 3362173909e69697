import type { Event } from '../domain/event.ts'
import { LAST_WORD, SAID } from './scripted-model.ts'

export type AgentCheck = {
  readonly name: 'package' | 'turn' | 'shell' | 'version' | 'parser'
  readonly ok: boolean
  /** What was found, or how it went wrong. */
  readonly detail: string
}

const first = (text: string): string => text.trim().split('\n')[0] ?? ''

/** What the events of the turn say. */
export const judgeTurn = (
  events: readonly Event[],
  version: string,
  how: { readonly code: number | null; readonly stderr: string },
): readonly AgentCheck[] => {
  const tools = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event] : []))
  const ran = tools.find(({ output }) => output.includes(SAID))
  const words = events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))
  const session = events.some(({ type }) => type === 'agent.session')
  const strange = events.flatMap((event) =>
    event.type === 'untrusted' || (event.type === 'agent.output' && event.stream === 'stdout') ? [event] : [],
  )
  const done = how.code === 0
  return [
    { name: 'turn', ok: done, detail: done ? 'the turn ended well' : first(how.stderr) || `exit ${how.code}` },
    {
      name: 'shell',
      ok: ran !== undefined && (ran.exitCode ?? 0) === 0,
      detail: ran === undefined ? `no command ran: ${tools[0]?.output ?? 'the CLI told of none'}` : SAID,
    },
    {
      name: 'version',
      ok: ran?.output.includes(version) === true,
      detail: ran?.output.includes(version) ? version : `--version does not say ${version}`,
    },
    {
      name: 'parser',
      ok: session && words.includes(LAST_WORD) && strange.length === 0,
      detail: !session
        ? 'no session was told'
        : !words.includes(LAST_WORD)
          ? `the model's last word was not told`
          : strange.length === 0
            ? 'session, command and last word were understood'
            : `not understood: ${JSON.stringify(strange[0])}`,
    },
  ]
}
