import type { Event, Phase } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { TaskRecordSeed } from '../domain/task.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { terminalLine, terminalSafe } from '../std/terminal-safe.ts'
import { agentLines } from './agent-lines.ts'
import type { Style } from './style.ts'
import { shortSha, took } from './words.ts'
import { workLines } from './work-lines.ts'

const PHASES: Readonly<Record<Phase, string>> = {
  preparing: 'preparing',
  starting: 'starting the container',
  cloning: 'putting the repository in place',
  agent: 'the agent works',
  finishing: 'gathering the work',
  publishing: 'publishing',
  cleaning: 'cleaning up',
}

const outcomeLine = (outcome: Outcome, time: string, style: Style): string => {
  const after = time === '' ? '' : ` after ${time}`
  if (outcome.result === 'done') return style('green', `done${after}: ${terminalLine(outcome.reason)}`)
  const kind = outcome.result === 'failed' ? ` (${outcome.class})` : ''
  return style('red', `${outcome.result}${kind}${after}: ${terminalLine(outcome.reason)}`)
}

const place = (event: Extract<Event, { type: 'source.ready' }>) => {
  const ref = event.branch ?? event.ref
  return [event.url ?? 'an empty folder', ref, event.base === null ? null : `at ${shortSha(event.base)}`].filter(
    (part) => part !== null,
  )
}

const agentWords = ({ provider, request }: TaskRecordSeed): string => {
  const model = request.model === undefined ? '' : ` with ${request.model}`
  return terminalLine(`${provider.id}${model}`)
}

const PROMPT_LINES = 8

const promptLines = (of: string, prompt: string, style: Style): readonly string[] => {
  const lines = terminalSafe(prompt).trim().split('\n')
  const left = lines.length - PROMPT_LINES
  const shown = left > 1 ? [...lines.slice(0, PROMPT_LINES), `[${left} lines more]`] : lines
  return shown.map((line, i) => style('bold', `${i === 0 ? `${of}prompt: ` : '  '}${line}`.trimEnd()))
}

const LEVEL = { info: 'dim', warning: 'yellow', error: 'red' } as const

/**
 * A reader of a task's events, in order, that gives the lines a person is to see of each; none for what says nothing
 * to a person. It remembers the running turn, so one reader is for one task.
 */
export const transcript = ({ style }: { readonly style: Style }): ((event: Event) => readonly string[]) => {
  const agent = agentLines(style)
  let startedAt: string | null = null
  let id: string | undefined

  return (event) => {
    switch (event.type) {
      case 'task.created':
        id = event.task.id
        return [
          style('dim', `[task ${event.task.id}: ${agentWords(event.task)} on ${terminalLine(event.task.engine.id)}]`),
        ]
      case 'task.removed':
        return ['the task was removed']
      case 'notice':
        return [
          style(
            LEVEL[event.level],
            `${event.level === 'info' ? '-' : `! ${event.level}:`} ${terminalLine(event.text)}`,
          ),
        ]
      case 'turn.queued':
        return promptLines(event.turn === 1 ? '' : `turn ${event.turn}, `, event.prompt, style)
      case 'turn.edited':
        return promptLines(`turn ${event.turn}, edited `, event.prompt, style)
      case 'turn.withdrawn':
        return [style('dim', `[turn ${event.turn} withdrawn]`)]
      case 'turn.again':
        return [style('bold', `[turn ${event.turn} again]`)]
      case 'turn.started':
        startedAt = event.at
        return event.attempt > 1 ? [style('dim', `[attempt ${event.attempt}]`)] : []
      case 'engine.lost':
        return [style('yellow', `! the engine does not answer; the agent goes on: ${terminalLine(event.reason)}`)]
      case 'engine.back':
        return [style('dim', '[the engine answers again]')]
      case 'turn.blocked':
        return [style('yellow', `! blocked: ${terminalLine(event.reason)}`)]
      case 'turn.waiting':
        return [style('yellow', `! waiting until ${event.until}, then again: ${terminalLine(event.outcome.reason)}`)]
      case 'turn.unblocked':
        return [style('dim', '[goes on]')]
      case 'turn.phase':
        return [style('dim', `[${PHASES[event.phase] ?? terminalLine(event.phase)}]`)]
      case 'source.progress':
        return [style('dim', `[fetching: ${terminalLine(event.text)}]`)]
      case 'source.ready':
        return [style('dim', `[source: ${terminalLine(place(event).join(' '))}]`)]
      case 'container.created':
        return [
          style(
            'dim',
            `[container ${terminalLine(event.name)}${event.image === '' ? '' : ` of ${terminalLine(event.image)}`}]`,
          ),
        ]
      case 'agent.ended':
        return event.oom ? [style('red', '! out of memory, by the word of the worker')] : []
      case 'container.exited':
        return event.oom ? [style('red', '! the container ran out of memory')] : []
      case 'container.kept': {
        const seconds = Math.round((Date.parse(event.until) - Date.parse(event.at)) / 1000)
        const time = formatDuration(seconds * 1000, 2)
        return [style('dim', `[the container is kept for ${time}]`)]
      }
      case 'output.dropped':
        return [style('yellow', `! ${formatBytes(event.bytes)} of output over the limit were dropped`)]
      case 'untrusted':
        return [style('yellow', `! output that poses as Berth's own: ${terminalLine(event.text).slice(0, 200)}`)]
      case 'gateway.verdict':
        return [style(event.verdict.fatal ? 'red' : 'yellow', `! model: ${terminalLine(event.verdict.message)}`)]
      case 'stop.requested':
        return [style('yellow', `! stopping: ${terminalLine(event.reason)}`)]
      case 'work.kept':
      case 'work.pushed':
      case 'work.nothing':
      case 'work.patch':
      case 'work.rebased':
      case 'push.raced':
      case 'push.failed':
        return workLines(event, style, id)
      case 'turn.ended':
        return [outcomeLine(event.outcome, took(startedAt, event.at), style)]
      case 'gateway.usage':
      case 'workspace.moved':
      case 'turn.planned':
      case 'turn.span':
      case 'container.started':
      case 'container.removed':
      case 'agent.started':
      case 'task.archived':
      case 'task.unarchived':
      case 'engine.event':
      case 'hook.due':
      case 'hook.ran':
        return []
      default:
        // A newer supervisor may tell of things this program does not know.
        return event.type.startsWith('agent.') ? (agent(event) ?? []) : []
    }
  }
}
