import type { Readable } from 'node:stream'
import type { AgentEvent } from '../domain/event.ts'
import type { AgentEnd } from '../domain/worker-protocol.ts'
import { endMatcher } from '../inside/end-matcher.ts'
import { startWithPipes } from '../inside/start-with-pipes.ts'
import type { Program, ProgramEnd } from '../inside/started-program.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import { timers } from '../inside/timers.ts'
import { aborted, windUp } from '../inside/wind-up.ts'
import type { Command, Parser, Verdict } from '../providers/provider.ts'
import { lineSplitter } from '../std/lines.ts'

type Input = {
  readonly program: Program
  readonly command: Pick<Command, 'end' | 'interrupt' | 'termGraceMs'>
  readonly prompt: string
  readonly parser: Parser
  readonly stop: StopSwitch
  /** Gets each line of both outputs; its answer is what the parser reads. */
  readonly onLine: (line: string) => string
  /** Gets what the agent says and does. False: nothing more is read until `drained`. */
  readonly onEvent: (event: AgentEvent) => boolean
  readonly drained: (listener: () => void) => void
}

const LINE_BYTES = 2 * 1024 * 1024
/** `docker stop` kills after ten seconds, and the outputs are still to be written. */
const MOST_GRACE_MS = 4000
const MOST_TERM_MS = 1500

/** Runs the CLI to its end, and gives its verdict. Rejects with words where it can't be started. */
export const runAgent = async (input: Input): Promise<Verdict> => {
  const { program, command, prompt, parser, stop, onLine, onEvent, drained } = input
  const { pid, exited: ended, stdin, stdout, stderr } = await startWithPipes(program, 'pipe')
  stdin?.on('error', () => {})
  stdin?.end(prompt)
  const { after, clear } = timers()
  const lastWord = Promise.withResolvers<AgentEnd>()
  const isLast = command.end === null ? undefined : endMatcher(command.end)
  const streams = [stdout, stderr]
  drained(() => {
    for (const stream of streams) stream.resume()
  })

  const take = (events: readonly AgentEvent[]) => {
    const free = events.map(onEvent)
    if (free.includes(false)) for (const stream of streams) stream.pause()
  }
  const follow = (stream: Readable, read: (line: string) => readonly AgentEvent[], see?: (chunk: Buffer) => void) => {
    const lines = lineSplitter(LINE_BYTES)
    const give = (some: readonly string[]) => {
      for (const line of some) take(read(onLine(line)))
    }
    stream.on('data', (chunk: Buffer) => {
      give(lines.push(chunk))
      see?.(chunk)
    })
    stream.on('error', () => {})
    return { flush: () => give(lines.end()), closed: new Promise<void>((resolve) => stream.once('close', resolve)) }
  }
  const out = follow(
    stdout,
    (line) => parser.line(line),
    (chunk) => {
      if (isLast?.(chunk) === true) void after(command.end?.graceMs ?? 0).then(() => lastWord.resolve('final-event'))
    },
  )
  const err = follow(stderr, (line) => parser.errorLine(line))

  let how: ProgramEnd = { code: null, signal: null }
  const exited = ended.then((one) => {
    how = one
  })
  const over = Promise.all([exited, out.closed, err.closed])
  const end = await Promise.race<AgentEnd>([
    exited.then(() => 'exit'),
    lastWord.promise,
    aborted(stop.stop).then(() => 'stopped'),
  ])
  const { interrupt, termGraceMs } = command
  const run = {
    end: command.end,
    interrupt: { ...interrupt, graceMs: Math.min(interrupt.graceMs, MOST_GRACE_MS) },
    termGraceMs: Math.min(termGraceMs, MOST_TERM_MS),
  }
  await windUp({ pid, onTerminal: false, exited, over, after }, end, run, stop)
  clear()
  for (const stream of streams) stream.destroy()
  out.flush()
  err.flush()
  const { verdict, events } = parser.end({ ...how, interrupted: end === 'stopped' })
  take(events)
  return verdict
}
