import type { AgentEvent, Event, Phase } from '../domain/event.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { TaskRecordSeed } from '../domain/task.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { terminalLine, terminalSafe } from '../std/terminal-safe.ts'
import { agentLines } from './agent-lines.ts'
import { denialWords } from './denial-words.ts'
import { outputLines } from './indented.ts'
import type { Style } from './style.ts'
import { shortSha, took } from './words.ts'
import { type WorkEvent, workLines } from './work-lines.ts'

const PHASES: Readonly<Record<Phase, string>> = {
  preparing: 'preparing',
  starting: 'starting the container',
  cloning: 'putting the repository in place',
  startup: 'the startup script runs',
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

type Own = Exclude<Event['type'], AgentEvent['type']>
type Of<T extends Event['type']> = Extract<Event, { type: T }>
/** What is known when an event is told: of the task, and of the running turn. */
type Reader = {
  readonly style: Style
  readonly id: string | undefined
  readonly startedAt: string | null
  /** Hosts whose denial was told in this turn. */
  readonly told: Set<string>
}
type LinesOf<T extends Event['type']> = (event: Of<T>, reader: Reader) => readonly string[]

const none = (): readonly string[] => []
const dim =
  <T extends Event['type']>(words: (event: Of<T>) => string): LinesOf<T> =>
  (event, { style }) => [style('dim', `[${words(event)}]`)]
const warning =
  <T extends Event['type']>(words: (event: Of<T>) => string): LinesOf<T> =>
  (event, { style }) => [style('yellow', `! ${words(event)}`)]
const work = (event: WorkEvent, { style, id }: Reader) => workLines(event, style, id)

const notice: LinesOf<'notice'> = ({ level, text }, { style }) => [
  style(LEVEL[level], `${level === 'info' ? '-' : `! ${level}:`} ${terminalLine(text)}`),
]
const startupEnd = ({ code, signal }: Of<'startup.ended'>): string =>
  `the startup script ended with ${signal === null ? `exit code ${code}` : terminalLine(signal)}`
const keptTime = ({ at, until }: Of<'container.kept'>): string => {
  const seconds = Math.round((Date.parse(until) - Date.parse(at)) / 1000)
  return formatDuration(seconds * 1000, 2)
}
const containerWords = ({ name, image }: Of<'container.created'>): string =>
  `container ${terminalLine(name)}${image === '' ? '' : ` of ${terminalLine(image)}`}`

/** Once a host: what it is counted to later is in `berth status` and `berth net`. */
const denied: LinesOf<'egress.denied'> = (event, { style, id, told }) => {
  const place = `${event.host}:${event.port}`
  if (told.has(place)) return []
  told.add(place)
  return [style('yellow', `! ${denialWords(event, id ?? 'ID')}`)]
}

const LINES: { readonly [T in Own]: LinesOf<T> } = {
  'task.created': dim(({ task }) => `task ${task.id}: ${agentWords(task)} on ${terminalLine(task.engine.id)}`),
  'task.removed': () => ['the task was removed'],
  notice,
  'turn.queued': ({ turn, prompt }, { style }) => promptLines(turn === 1 ? '' : `turn ${turn}, `, prompt, style),
  'turn.edited': ({ turn, prompt }, { style }) => promptLines(`turn ${turn}, edited `, prompt, style),
  'turn.withdrawn': dim(({ turn }) => `turn ${turn} withdrawn`),
  'turn.again': ({ turn }, { style }) => [style('bold', `[turn ${turn} again]`)],
  'turn.started': ({ attempt }, { style }) => (attempt > 1 ? [style('dim', `[attempt ${attempt}]`)] : []),
  'engine.lost': warning(({ reason }) => `the engine does not answer; the agent goes on: ${terminalLine(reason)}`),
  'engine.back': dim(() => 'the engine answers again'),
  'turn.blocked': warning(({ reason }) => `blocked: ${terminalLine(reason)}`),
  'turn.waiting': warning(
    ({ until, outcome }) => `waiting until ${until}, then again: ${terminalLine(outcome.reason)}`,
  ),
  'turn.unblocked': dim(() => 'goes on'),
  'turn.held': dim(({ reason }) => terminalLine(reason)),
  'turn.released': dim(() => 'the tasks that it waited for are over'),
  'turn.rendered': ({ turn, prompt }, { style }) =>
    promptLines(`turn ${turn}, with results of others, `, prompt, style),
  'token-daemon.started': dim(({ repository }) => `a token for ${terminalLine(repository)} is in the container`),
  'token-daemon.refreshed': none,
  'token-daemon.ended': none,
  'login.lent': dim(({ login }) => `the login ${terminalLine(login)} is lent to this task`),
  'turn.phase': dim(({ phase }) => PHASES[phase] ?? terminalLine(phase)),
  'source.progress': dim(({ text }) => `fetching: ${terminalLine(text)}`),
  'source.module': dim(
    ({ path, url, commit }) => `submodule ${terminalLine(path)}: ${terminalLine(url)} ${commit.slice(0, 12)}`,
  ),
  'source.ready': dim((event) => `source: ${terminalLine(place(event).join(' '))}`),
  'container.created': dim(containerWords),
  'startup.output': ({ stream, text }, { style }) => outputLines(text, stream).map((line) => style('dim', line)),
  'startup.ended': dim(startupEnd),
  'agent.ended': ({ oom }, { style }) => (oom ? [style('red', '! the worker reports: out of memory')] : []),
  'container.exited': ({ oom }, { style }) => (oom ? [style('red', '! the container ran out of memory')] : []),
  'container.kept': dim((event) => `the container stays warm for ${keptTime(event)}`),
  'output.dropped': warning(({ bytes }) => `${formatBytes(bytes)} of output over the limit were dropped`),
  untrusted: warning(({ text }) => `output that imitates Berth's own: ${terminalLine(text).slice(0, 200)}`),
  'gateway.verdict': ({ verdict }, { style }) => [
    style(verdict.fatal ? 'red' : 'yellow', `! model: ${terminalLine(verdict.message)}`),
  ],
  'egress.denied': denied,
  'egress.rule': dim(({ target, effect }) => `${effect === 'allow' ? 'allowed' : 'denied'} ${terminalLine(target)}`),
  'stop.requested': warning(({ reason }) => `stopping: ${terminalLine(reason)}`),
  'work.kept': work,
  'work.pushed': work,
  'work.nothing': work,
  'work.patch': work,
  'work.rebased': work,
  'work.amended': work,
  'push.raced': work,
  'push.failed': work,
  'pr.opened': work,
  'pr.updated': work,
  'pr.failed': work,
  'result.kept': dim(() => 'the result fits the schema'),
  'result.unfit': warning(({ problems }) => `the result does not fit the schema: ${terminalLine(problems.join('; '))}`),
  'terminal.attached': dim(
    ({ who, readOnly }) => `${terminalLine(who)} looks at the terminal${readOnly ? ', read-only' : ''}`,
  ),
  'turn.ended': ({ outcome, at }, { style, startedAt }) => [outcomeLine(outcome, took(startedAt, at), style)],
  'terminal.opened': none,
  'terminal.resized': none,
  'terminal.detached': none,
  'terminal.writer': none,
  'gateway.usage': none,
  'workspace.moved': none,
  'project.rules': none,
  'turn.planned': none,
  'turn.span': none,
  'sandbox.taken': none,
  'sandbox.fresh': none,
  'forge.token': none,
  'container.started': none,
  'container.removed': none,
  'agent.started': none,
  'task.archived': none,
  'task.unarchived': none,
  'workspace.given': dim(({ to }) => `${terminalLine(to)} has its workspace now`),
  'engine.event': none,
  'hook.due': none,
  'hook.ran': none,
}

const isOwn = (type: Event['type']): type is Own => Object.hasOwn(LINES, type)

/**
 * A reader of a task's events, in order, that gives the lines a person is to see of each; none for what says nothing
 * to a person. It remembers the running turn, so one reader is for one task.
 */
export const transcript = (options: {
  readonly style: Style
  /** The task, where its first event may not be read. */
  readonly id?: string | undefined
}): ((event: Event) => readonly string[]) => {
  const { style } = options
  const agent = agentLines(style)
  let startedAt: string | null = null
  let { id } = options
  const told = new Set<string>()

  return (event) => {
    if (event.type === 'task.created') id = event.task.id
    if (event.type === 'turn.started') startedAt = event.at
    if (event.type === 'turn.started' && event.attempt === 1) told.clear()
    if (isOwn(event.type)) return (LINES[event.type] as LinesOf<Event['type']>)(event, { style, id, startedAt, told })
    // A newer supervisor may tell of things this program does not know.
    return event.type.startsWith('agent.') ? (agent(event as Of<AgentEvent['type']>) ?? []) : []
  }
}
