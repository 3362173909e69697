import type { AgentEvent } from '../domain/event.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { indented, outputLines } from './indented.ts'
import type { Style } from './style.ts'
import { toolOutput } from './tool-output.ts'
import { took, usageWords } from './words.ts'

const LONGEST_INPUT = 400
const toolInput = (text: string) =>
  text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT).toWellFormed()}...` : text

const SIGN = { add: '+', update: '~', delete: '-' } as const

/** Of what took long enough to be asked about. */
const LEAST_MS = 1000
const durationOf = (from: string | null, to: string): string =>
  from !== null && Date.parse(to) - Date.parse(from) >= LEAST_MS ? took(from, to) : ''

type ToolEnd = Extract<AgentEvent, { type: 'agent.tool.end' }>

/** What an agent says and does, as lines; remembers which call it spoke of last. */
export const agentLines = (style: Style) => {
  let current = ''
  const begun = new Map<string, { readonly input: string; readonly at: string }>()

  const toolEnd = (event: ToolEnd & { readonly at: string }): readonly string[] => {
    const { input, at = null } = begun.get(event.id) ?? {}
    begun.delete(event.id)
    // Where calls overlap, say whose end this is.
    const head =
      event.id === current || input === undefined ? [] : [style('dim', `  (${terminalLine(toolInput(input))})`)]
    const code = event.exitCode === undefined ? 'failed' : `exit code ${event.exitCode}`
    const time = durationOf(at, event.at)
    const end = event.ok
      ? time === ''
        ? []
        : [style('dim', `  took ${time}`)]
      : [style('red', `  ${code}${time === '' ? '' : ` after ${time}`}`)]
    current = ''
    return [...head, ...toolOutput(event.output).map((line) => style('dim', line)), ...end]
  }

  return (event: AgentEvent & { readonly at: string }): readonly string[] => {
    switch (event.type) {
      case 'agent.session':
        return [style('dim', `[session ${terminalLine(event.session)}]`)]
      case 'agent.asked':
        return indented(event.text, '? ').map((line) => style('bold', line))
      case 'agent.message':
        return indented(event.text, '* ').map((line) => style('bold', line))
      case 'agent.reasoning':
        return indented(event.text, '  ').map((line) => style('dim', line))
      case 'agent.tool.start': {
        const shell = event.name === 'shell'
        current = event.id
        begun.set(event.id, { input: shell ? event.input : `${event.name} ${event.input}`, at: event.at })
        return indented(toolInput(event.input), shell ? '$ ' : `> ${terminalLine(event.name)} `, '  ').map((line) =>
          style('cyan', line),
        )
      }
      case 'agent.tool.end':
        return toolEnd(event)
      case 'agent.file':
        return event.changes.map(({ kind, path }) => style('green', `${SIGN[kind]} ${terminalLine(path)}`))
      case 'agent.usage':
        return [style('dim', `[${usageWords(event.usage)}]`)]
      case 'agent.notice':
        return indented(event.text, '- ').map((line) => style('dim', line))
      case 'agent.error':
        return indented(event.text, '! ').map((line) => style('red', line))
      case 'agent.output':
        return outputLines(event.text, event.stream).map((line) => style('dim', line))
    }
  }
}
