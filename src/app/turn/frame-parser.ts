import type { AgentEvent, EventBody } from '../../domain/event.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import type { AgentExit, Parser, Verdict } from '../../providers/provider.ts'
import { lineSplitter } from '../../std/lines.ts'

const LINE_BYTES = 2 * 1024 * 1024
const TEXT_KEPT = 64 * 1024

type Position = readonly [frame: number, part: number]
type FrameOf<K extends Frame['k']> = Extract<Frame, { k: K }>

/** The worker's report of the turn, beside the agent's output. */
export type WorkerReport = {
  failed: FrameOf<'fail'> | null
  agentEnd: FrameOf<'agent-end'> | null
  /** Of each repository, by its folder; undefined: the main one. */
  works: Map<string | undefined, FrameOf<'work'>>
  ended: boolean
  /** The worker waits for a further order. */
  idle: FrameOf<'idle'> | null
  dropped: number
  /** When the agent was started, by the worker's clock in ms. */
  began: number | null
  /** The number of the last frame. */
  lastFrame: number
}

const clip = (text: string) =>
  text.length <= TEXT_KEPT
    ? text
    : `${text.slice(0, TEXT_KEPT)}\n[${text.length - TEXT_KEPT} characters more in the raw output]`

export const clipEvent = (event: AgentEvent): AgentEvent => {
  if ('text' in event) return event.text.length <= TEXT_KEPT ? event : { ...event, text: clip(event.text) }
  if (event.type === 'agent.tool.end') return { ...event, output: clip(event.output) }
  return event.type === 'agent.tool.start' ? { ...event, input: clip(event.input) } : event
}

const PHASES = { clone: 'cloning', startup: 'startup', agent: 'agent', finish: 'finishing' } as const

const UNMET = {
  locale: (name: string) => `--locale ${name}: there is no such locale where the agent runs, so it has C.UTF-8`,
  writable: (name: string) =>
    `--tmpfs ${name}: the agent cannot write there, since the engine keeps the mode and the owner of the image's folder; use a path that the image does not have`,
  submodule: (name: string) => `submodule ${name}: its folder is not as its commit says; the rest of the work tree is`,
} as const

type Input = {
  readonly turn: number
  readonly parser: Parser
  readonly journaled: Position | null
  /** The worker may keep its container warm; if not, Berth ignores its `idle` frame. */
  readonly keepAlive: boolean
  readonly redact: (text: string) => string
  /** The folders of the task's further repositories. */
  readonly further: readonly string[]
}

type OutputEvent = AgentEvent | Omit<Extract<EventBody, { type: 'startup.output' }>, 'turn'>

/** The startup script's lines: it knows nothing of the provider's format. */
const startupOutput = (redact: Input['redact']) => {
  const streams = { so: lineSplitter(LINE_BYTES), se: lineSplitter(LINE_BYTES) }
  const lineOf =
    (s: 'so' | 'se') =>
    (line: string): OutputEvent => ({
      type: 'startup.output',
      stream: s === 'so' ? 'stdout' : 'stderr',
      text: clip(redact(line)),
    })
  return {
    take: (s: 'so' | 'se', bytes: Buffer): readonly OutputEvent[] => streams[s].push(bytes).map(lineOf(s)),
    end: (): readonly OutputEvent[] => (['so', 'se'] as const).flatMap((s) => streams[s].end().map(lineOf(s))),
  }
}

/** Gives the agent's output to the provider's parser, line by line. */
const outputParser = ({ parser, redact }: Pick<Input, 'parser' | 'redact'>) => {
  const out = lineSplitter(LINE_BYTES)
  const err = lineSplitter(LINE_BYTES)
  const startup = startupOutput(redact)
  const outLine = (line: string) => parser.line(redact(line))
  const errorLine = (line: string) => parser.errorLine(redact(line))
  return {
    take(frame: FrameOf<'out'>): readonly OutputEvent[] {
      // A screen, and no lines.
      if (frame.s === 't') return []
      const bytes = 'd' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')
      if (frame.s === 'so' || frame.s === 'se') return startup.take(frame.s, bytes)
      return frame.s === 'o' ? out.push(bytes).flatMap(outLine) : err.push(bytes).flatMap(errorLine)
    },
    startupEnd: startup.end,
    /** The agent's output is over: gives the last line without a newline, and the parser's last events. */
    end({ code, signal, end: how }: FrameOf<'agent-end'>) {
      const exit: AgentExit = { code, signal, interrupted: how === 'stopped' || how.endsWith('-limit') }
      const rest = [...out.end().flatMap(outLine), ...err.end().flatMap(errorLine)]
      const { events, verdict } = parser.end(exit)
      return { events: [...rest, ...events], verdict }
    },
  }
}

/** Keeps what a frame tells about the turn. */
const addToReport = (report: WorkerReport, frame: Frame, { keepAlive, redact, further }: Input): void => {
  report.lastFrame = frame.n
  if (frame.k === 'agent-start') report.began = frame.t
  if (frame.k === 'agent-end') report.agentEnd = frame
  if (frame.k === 'dropped') report.dropped += frame.bytes
  // An agent can write such a line, of a repository that the task does not have.
  if (frame.k === 'work' && (frame.repository === undefined || further.includes(frame.repository)))
    report.works.set(frame.repository, frame)
  if (frame.k === 'fail') report.failed = { ...frame, message: redact(frame.message) }
  if (frame.k === 'idle' && keepAlive) report.idle = frame
  if (frame.k === 'end' || (frame.k === 'idle' && keepAlive)) report.ended = true
}

/** The last events of an output: the startup script's, and the agent's. */
type Ends = {
  readonly startup: () => readonly OutputEvent[]
  readonly agent: (frame: FrameOf<'agent-end'>) => readonly AgentEvent[]
}

/** The events of a frame that is no output. */
const bodiesOf = (
  frame: Exclude<Frame, { k: 'out' }>,
  { turn, redact }: Input,
  ends: Ends,
  isSized: boolean,
): readonly EventBody[] => {
  switch (frame.k) {
    case 'phase':
      return [{ type: 'turn.phase', turn, phase: PHASES[frame.phase] }]
    case 'startup-end': {
      const { code, signal } = frame
      return [...ends.startup().map((event) => ({ turn, ...event })), { type: 'startup.ended', turn, code, signal }]
    }
    case 'agent-start':
      return [{ type: 'agent.started', turn }]
    case 'agent-end': {
      const { code, signal, end, oom } = frame
      const events = ends.agent(frame).map((event) => ({ turn, ...clipEvent(event) }))
      return [...events, { type: 'agent.ended', turn, code, signal, end, oom }]
    }
    case 'dropped':
      return [{ type: 'output.dropped', turn, bytes: frame.bytes }]
    case 'size': {
      const { columns, rows } = frame
      return [{ type: isSized ? 'terminal.resized' : 'terminal.opened', turn, columns, rows }]
    }
    case 'work':
      return frame.problem === undefined ? [] : [{ type: 'notice', level: 'warning', text: redact(frame.problem) }]
    case 'given':
      return [
        frame.problem === undefined
          ? {
              type: 'notice',
              level: 'info',
              text: `the agent can read ${frame.path} (mode ${frame.mode}, owner ${frame.owner})`,
            }
          : { type: 'notice', level: 'error', text: redact(`the agent cannot read ${frame.path}: ${frame.problem}`) },
      ]
    case 'unmet':
      return [{ type: 'notice', level: 'warning', text: redact(UNMET[frame.what](frame.name)) }]
    case 'fail':
      return [{ type: 'notice', level: 'error', text: redact(`${frame.stage}: ${frame.message}`) }]
    case 'idle':
    case 'end':
    // A frame of a helper job, which this parser does not read.
    case 'rebased':
    case 'conflict':
    case 'taken':
    case 'hello':
      return []
  }
}

/**
 * Turns the worker's frames into the task's events, through the provider's parser. After a crash it gets the recorded
 * frames again: they restore the parser's state, and give no event that the journal already has.
 */
export const frameParser = (input: Input) => {
  const { turn, parser, journaled } = input
  const report: WorkerReport = {
    failed: null,
    agentEnd: null,
    works: new Map(),
    ended: false,
    idle: null,
    dropped: 0,
    began: null,
    lastFrame: 0,
  }
  const output = outputParser(input)
  let verdict: Verdict | null = null
  /** The terminal has told its size. */
  let sized = false

  const isNew = ([frame, part]: Position) =>
    journaled === null || frame > journaled[0] || (frame === journaled[0] && part > journaled[1])

  const ends: Ends = {
    startup: output.startupEnd,
    agent: (frame) => {
      const { events, verdict: word } = output.end(frame)
      verdict = word
      return events
    },
  }

  return {
    report,
    plain: parser.plain === true,
    get verdict() {
      return verdict
    },
    /** Events of a frame that the journal does not have yet. */
    frame(frame: Frame): readonly EventBody[] {
      if (frame.k === 'out') {
        const said = output.take(frame).map((event, part) => ({
          turn,
          ...(event.type === 'startup.output' ? event : clipEvent(event)),
          from: [frame.n, part] as const,
        }))
        return journaled === null ? said : said.filter(({ from }) => isNew(from))
      }
      addToReport(report, frame, input)
      const isSized = sized
      sized ||= frame.k === 'size'
      return bodiesOf(frame, input, ends, isSized)
        .map((body, part) => ('turn' in body ? { ...body, from: [frame.n, part] as const } : body))
        .filter((body) => ('from' in body ? isNew(body.from) : journaled === null || frame.n > journaled[0]))
    },
  }
}
