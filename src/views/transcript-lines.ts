import type { Event } from '../domain/event.ts'
import { outputSession } from '../domain/output-place.ts'
import type { TaskRecordSeed } from '../domain/task.ts'
import type { TranscriptLine } from '../domain/transcript-line.ts'
import { shortSha } from './words.ts'

type Of<T extends Event['type']> = Extract<Event, { type: T }>
type Said = readonly [direction: TranscriptLine['direction'], kind: TranscriptLine['kind'], text: string]
type Table = { readonly [T in Event['type']]?: (event: Of<T>) => Said }

/** What a program's output adds to a conversation is its first lines; the rest of the text may be long. */
const LONGEST = { 'tool-result': 4096, tool: 4096 } as const
const LONGEST_TEXT = 64 * 1024

const prompt = ({ prompt }: { readonly prompt: string }): Said => ['in', 'prompt', prompt]

const SAID: Table = {
  'turn.queued': prompt,
  'turn.again': prompt,
  'turn.edited': prompt,
  'turn.rendered': prompt,
  'agent.asked': ({ text }) => ['in', 'prompt', text],
  'agent.message': ({ text }) => ['out', 'message', text],
  'agent.tool.start': ({ name, input }) => ['out', 'tool', `${name} ${input}`],
  'agent.tool.end': ({ output }) => ['out', 'tool-result', output],
  'agent.error': ({ text }) => ['out', 'error', text],
  'turn.started': ({ attempt }) => ['system', 'started', `attempt ${attempt}`],
  'turn.held': ({ reason }) => ['system', 'held', reason],
  'turn.blocked': ({ reason }) => ['system', 'question', reason],
  'turn.unblocked': () => ['system', 'answered', 'the task goes on'],
  'turn.waiting': ({ until, outcome }) => ['system', 'waiting', `until ${until}: ${outcome.reason}`],
  'stop.requested': ({ reason }) => ['system', 'stopping', reason],
  'work.pushed': ({ branch, sha }) => ['system', 'pushed', `${shortSha(sha)} to ${branch}`],
  'push.failed': ({ branch, reason }) => ['system', 'push-failed', `${branch}: ${reason}`],
  notice: ({ level, text }) => ['system', 'notice', level === 'info' ? text : `${level}: ${text}`],
  'turn.ended': ({ outcome: { result, reason } }) => ['system', 'ended', `${result}: ${reason}`],
}

const said = (event: Event): Said | undefined => (SAID[event.type] as ((event: Event) => Said) | undefined)?.(event)

type Task = {
  readonly session: string
  readonly id: string
  readonly tags: readonly string[]
  readonly branch: string | null
}

const taskOf = (task: TaskRecordSeed): Task => ({
  session: outputSession(task),
  id: task.id,
  tags: task.request.tags ?? [],
  branch: task.source.pushBranch ?? task.source.branch,
})

/** The task's branch may be the remote's default one, and others are pushed to by hand. */
const branchAfter = (task: Task, event: Event): string | null => {
  if (event.type === 'work.pushed') return event.branch
  return event.type === 'source.ready' ? (task.branch ?? event.branch) : task.branch
}

const lineOf = (task: Task, event: Event, [direction, kind, whole]: Said): TranscriptLine => {
  const longest = kind === 'tool' || kind === 'tool-result' ? LONGEST[kind] : LONGEST_TEXT
  return {
    time: event.at,
    direction,
    kind,
    session: task.session,
    task: task.id,
    turn: 'turn' in event ? event.turn : null,
    branch: task.branch,
    requires_operator: kind === 'question',
    tags: [...task.tags],
    text: whole.slice(0, longest).toWellFormed(),
    ...(whole.length > longest ? { truncated: true as const } : {}),
  }
}

/**
 * A reader of a task's events, from the first one on, that gives the line of each that belongs to the conversation. The
 * same events give the same lines.
 */
export const transcriptLines = (): ((event: Event) => TranscriptLine | undefined) => {
  let task: Task | undefined
  return (event) => {
    if (event.type === 'task.created') task = taskOf(event.task)
    if (task === undefined) return undefined
    task = { ...task, branch: branchAfter(task, event) }
    const words = said(event)
    return words && lineOf(task, event, words)
  }
}
