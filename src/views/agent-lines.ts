import type { AgentEvent } from '../domain/event.ts'
import { terminalLine, terminalSafe } from '../std/terminal-safe.ts'
import type { Style } from './style.ts'
import { toolOutput } from './tool-output.ts'
import { usageWords } from './words.ts'

const indented = (text: string, first: string, rest = ' '.repeat(first.length)) =>
  terminalSafe(text)
    .trim()
    .split('\n')
    .map((line, i) => `${i === 0 ? first : rest}${line}`.trimEnd())

const LONGEST_INPUT = 400
const toolInput = (text: string) =>
  text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT).toWellFormed()}...` : text

const SIGN = { add: '+', update: '~', delete: '-' } as const

type ToolEnd = Extract<AgentEvent, { type: 'agent.tool.end' }>

/** What an agent says and does, as lines; remembers which call it spoke of last. */
export const agentLines = (style: Style) => {
  let current = ''
  const inputs = new Map<string, string>()

  const toolEnd = (event: ToolEnd): readonly string[] => {
    const input = inputs.get(event.id)
    inputs.delete(event.id)
    // Where calls overlap, say whose end this is.
    const head =
      event.id === current || input === undefined ? [] : [style('dim', `  (${terminalLine(toolInput(input))})`)]
    const code = event.exitCode === undefined ? 'failed' : `exit code ${event.exitCode}`
    const end = event.ok ? [] : [style('red', `  ${code}`)]
    current = ''
    return [...head, ...toolOutput(event.output).map((line) => style('dim', line)), ...end]
  }

  return (event: AgentEvent): readonly string[] => {
    switch (event.type) {
      case 'agent.session':
        return [style('dim', `[session ${terminalLine(event.session)}]`)]
      case 'agent.message':
        return indented(event.text, '* ').map((line) => style('bold', line))
      case 'agent.reasoning':
        return indented(event.text, '  ').map((line) => style('dim', line))
      case 'agent.tool.start': {
        const shell = event.name === 'shell'
        current = event.id
        inputs.set(event.id, shell ? event.input : `${event.name} ${event.input}`)
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
        return indented(event.text, event.stream === 'stderr' ? '  stderr: ' : '  ').map((line) => style('dim', line))
    }
  }
}
