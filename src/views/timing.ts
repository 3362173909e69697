import type { Event } from '../domain/event.ts'
import { table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { sandboxAttributes, sandboxOf, sandboxText } from './sandbox-words.ts'

/** A stretch of a turn, in the shape of OpenTelemetry's spans: ids in hexadecimal digits, times in nanoseconds since the epoch. */
export type Span = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, string | number>>
}

type Part = { readonly name: string; readonly from: number; readonly to: number }

const NANOS = 1_000_000n
const BAR = 32
const ANSWER: ReadonlySet<string> = new Set(['agent.message', 'agent.reasoning', 'agent.tool.start', 'agent.tool.end'])

/** An agent can say any number of these, and no time is taken from them. */
const ENDLESS: ReadonlySet<string> = new Set([
  'agent.output',
  'startup.output',
  'agent.asked',
  'agent.file',
  'agent.notice',
  'agent.error',
  'untrusted',
])

/** True for the events, in their order, that a turn's times are made of: of an attempt's answers the first. */
export const timedEvents = (): ((event: Event) => boolean) => {
  let answered = false
  return ({ type }) => {
    if (type === 'turn.started') answered = false
    if (!ANSWER.has(type)) return !ENDLESS.has(type)
    const isFirst = !answered
    answered = true
    return isFirst
  }
}

const hex = (text: string, digits: number) =>
  [...text]
    .map((letter) => letter.charCodeAt(0).toString(16).padStart(2, '0'))
    .join('')
    .slice(-digits)
    .padStart(digits, '0')

/** The parts of a turn's last attempt by its events, in the order they began; the whole turn comes first. */
const partsOf = (events: readonly Event[], turn: number): readonly Part[] => {
  const own = events.filter((event) => 'turn' in event && event.turn === turn)
  const begun = own.findLastIndex(({ type }) => type === 'turn.started')
  const attempt = own.slice(Math.max(0, begun))
  const at = (event: Event | undefined) => (event === undefined ? null : Date.parse(event.at))
  const time = (type: Event['type']) => at(attempt.find((event) => event.type === type))
  const phase = (name: string) => at(attempt.find((event) => event.type === 'turn.phase' && event.phase === name))
  const queued = at(own.findLast(({ type }, i) => i < begun && (type === 'turn.queued' || type === 'turn.again')))
  const started = time('turn.started')
  const answer = at(attempt.find(({ type }) => ANSWER.has(type)))
  const ended = time('turn.ended') ?? time('turn.waiting')
  const published = time('work.pushed') ?? time('push.failed')
  const part = (name: string, from: number | null, to: number | null): readonly Part[] =>
    from === null || to === null ? [] : [{ name, from, to }]
  const spans = own.flatMap((event, i): readonly Part[] => {
    if (event.type !== 'turn.span' || (i < begun && event.name !== 'plan')) return []
    const from = Date.parse(event.began)
    return [{ name: event.name, from, to: from + event.ms }]
  })
  const parts = [
    ...spans,
    ...part('queue', queued, started),
    ...part('worktree', phase('cloning'), phase('startup') ?? phase('agent')),
    ...part('startup script', phase('startup'), time('startup.ended')),
    ...part('agent', time('agent.started'), time('agent.ended')),
    ...part('first answer', time('agent.started'), answer),
    ...part('gather', phase('finishing'), time('container.exited')),
    ...part('publish', phase('publishing'), published),
    ...part('clean up', ended, time('container.removed')),
  ].toSorted((a, b) => a.from - b.from)
  const first = parts[0]?.from ?? started
  const last = ended ?? parts.reduce((most, { to }) => Math.max(most, to), 0)
  return [...part('turn', first, last), ...parts]
}

/** The spans of a turn, the whole turn first and the parent of the others. The first one names the sandbox. */
export const spansOf = (task: string, events: readonly Event[], turn: number): readonly Span[] => {
  const sandbox = sandboxOf(events, turn)
  return partsOf(events, turn).map(({ name, from, to }, i) => {
    const id = (n: number) => `${turn.toString(16).padStart(8, '0')}${n.toString(16).padStart(8, '0')}`
    return {
      traceId: hex(task, 32),
      spanId: id(i + 1),
      parentSpanId: i === 0 ? '' : id(1),
      name,
      startTimeUnixNano: String(BigInt(from) * NANOS),
      endTimeUnixNano: String(BigInt(Math.round(to)) * NANOS),
      attributes: {
        'berth.task': task,
        'berth.turn': turn,
        ...(i === 0 && sandbox !== undefined ? sandboxAttributes(sandbox) : {}),
      },
    }
  })
}

/** What `berth status --timing` prints of a turn: each part with its length and its place in the whole, and its sandbox. */
export const timingText = (task: string, events: readonly Event[], turn: number): string => {
  const [whole, ...parts] = partsOf(events, turn)
  if (whole === undefined) return `${task}: turn ${turn} has not begun`
  const total = Math.max(1, whole.to - whole.from)
  const column = (time: number) => Math.min(BAR, Math.max(0, Math.round(((time - whole.from) / total) * BAR)))
  const rows = parts.map(({ name, from, to }) => {
    const left = Math.min(column(from), BAR - 1)
    return [
      terminalLine(name),
      String(Math.round(from - whole.from)),
      String(Math.round(to - from)),
      `${' '.repeat(left)}${'='.repeat(Math.max(1, column(to) - left))}`,
    ]
  })
  const columns = [
    { title: 'PART' },
    { title: 'AT MS', align: 'right' as const },
    { title: 'TOOK MS', align: 'right' as const },
    { title: '' },
  ]
  const sandbox = sandboxOf(events, turn)
  const said = sandbox === undefined ? [] : [`sandbox  ${terminalLine(sandboxText(sandbox))}`]
  return [`${task}, turn ${turn}: ${Math.round(total)} ms`, ...table(columns, rows), ...said].join('\n')
}
