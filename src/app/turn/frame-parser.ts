import type { AgentEvent, EventBody } from '../../domain/event.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import type { AgentExit, Parser, Verdict } from '../../providers/provider.ts'
import { lineSplitter } from '../../std/lines.ts'

const LINE_BYTES = 2 * 1024 * 1024
const TEXT_KEPT = 64 * 1024

type Position = readonly [frame: number, part: number]
type FrameOf<K extends Frame['k']> = Extract<Frame, { k: K }>

/** What the worker told about the turn, beside the agent's output. */
export type Told = {
  failed: FrameOf<'fail'> | null
  agentEnd: FrameOf<'agent-end'> | null
  work: FrameOf<'work'> | null
  ended: boolean
  /** The worker waits for a further order. */
  idle: FrameOf<'idle'> | null
  dropped: number
}

const clip = (text: string) =>
  text.length <= TEXT_KEPT
    ? text
    : `${text.slice(0, TEXT_KEPT)}\n[${text.length - TEXT_KEPT} characters more in the raw output]`

const clipEvent = (event: AgentEvent): AgentEvent => {
  if ('text' in event) return event.text.length <= TEXT_KEPT ? event : { ...event, text: clip(event.text) }
  if (event.type === 'agent.tool.end') return { ...event, output: clip(event.output) }
  return event.type === 'agent.tool.start' ? { ...event, input: clip(event.input) } : event
}

const PHASES = { clone: 'cloning', agent: 'agent', finish: 'finishing' } as const

/**
 * Turns the worker's frames into the task's events, through the provider's parser. Frames that were taken in before a
 * crash are given again: they bring the parser to where it was, and what the journal has already is not told twice.
 */
export const ingest = (input: {
  readonly turn: number
  readonly parser: Parser
  readonly journaled: Position | null
  /** The worker may keep its container; of one that may not, that word is nobody's. */
  readonly keeps: boolean
  readonly redact: (text: string) => string
}) => {
  const { turn, parser, journaled, keeps, redact } = input
  const told: Told = { failed: null, agentEnd: null, work: null, ended: false, idle: null, dropped: 0 }
  const out = lineSplitter(LINE_BYTES)
  const err = lineSplitter(LINE_BYTES)
  let verdict: Verdict | null = null

  const isNew = ([frame, part]: Position) =>
    journaled === null || frame > journaled[0] || (frame === journaled[0] && part > journaled[1])

  const outputOf = (frame: FrameOf<'out'>): readonly AgentEvent[] => {
    const bytes = 'd' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')
    return frame.s === 'o'
      ? out.push(bytes).flatMap((line) => parser.line(redact(line)))
      : err.push(bytes).flatMap((line) => parser.errorLine(redact(line)))
  }

  /** The agent's output is over: what stands without a newline, and the parser's last word. */
  const close = (frame: FrameOf<'agent-end'>): readonly AgentEvent[] => {
    told.agentEnd = frame
    const exit: AgentExit = {
      code: frame.code,
      signal: frame.signal,
      interrupted: frame.end === 'stopped' || frame.end.endsWith('-limit'),
    }
    const rest = [
      ...out.end().flatMap((line) => parser.line(redact(line))),
      ...err.end().flatMap((line) => parser.errorLine(redact(line))),
    ]
    const end = parser.end(exit)
    verdict = end.verdict
    return [...rest, ...end.events]
  }

  const bodies = (frame: Exclude<Frame, { k: 'out' }>): readonly EventBody[] => {
    const own = (events: readonly AgentEvent[]) => events.map((event) => ({ turn, ...clipEvent(event) }))
    switch (frame.k) {
      case 'phase':
        return [{ type: 'turn.phase', turn, phase: PHASES[frame.phase] }]
      case 'agent-start':
        return [{ type: 'agent.started', turn }]
      case 'agent-end': {
        const last = own(close(frame))
        return [
          ...last,
          { type: 'agent.ended', turn, code: frame.code, signal: frame.signal, end: frame.end, oom: frame.oom },
        ]
      }
      case 'dropped':
        told.dropped += frame.bytes
        return [{ type: 'output.dropped', turn, bytes: frame.bytes }]
      case 'work':
        told.work = frame
        return frame.problem === undefined ? [] : [{ type: 'notice', level: 'warning', text: redact(frame.problem) }]
      case 'fail':
        told.failed = frame
        return [{ type: 'notice', level: 'error', text: redact(`${frame.stage}: ${frame.message}`) }]
      case 'idle':
        if (!keeps) return []
        told.idle = frame
        told.ended = true
        return []
      case 'end':
        told.ended = true
        return []
      // The word of a helper job, which is not read here.
      case 'rebased':
      case 'conflict':
      case 'hello':
        return []
    }
  }

  return {
    told,
    plain: parser.plain === true,
    get verdict() {
      return verdict
    },
    /** Events of a frame that the journal does not have yet. */
    frame(frame: Frame): readonly EventBody[] {
      if (frame.k === 'out') {
        const said = outputOf(frame).map((event, part) => ({
          turn,
          ...clipEvent(event),
          from: [frame.n, part] as const,
        }))
        return journaled === null ? said : said.filter(({ from }) => isNew(from))
      }
      return bodies(frame)
        .map((body, part) => ('turn' in body ? { ...body, from: [frame.n, part] as const } : body))
        .filter((body) => ('from' in body ? isNew(body.from) : journaled === null || frame.n > journaled[0]))
    },
  }
}
