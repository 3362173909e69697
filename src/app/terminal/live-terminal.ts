import type { Duplex } from 'node:stream'
import type { AttachOpening } from '../../domain/attach.ts'
import { decodeFrame } from '../../domain/decode-frame.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import type { Egress } from '../../egress/egress.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type RecordedFrame, recordedFrame } from './ahead.ts'
import { audience, type ViewerSession } from './audience.ts'
import { sandboxLine } from './sandbox-line.ts'
import { savedScreen } from './saved-screen.ts'
import { screenFeed } from './screen-feed.ts'
import type { ViewerSink } from './viewer.ts'

const SIGNALS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 }

/** As a shell tells it. */
const exitCode = (code: number | null, signal: string | null): number => code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)

/** What a terminal asks of the outside. */
export type TerminalDeps = {
  readonly clock: { readonly now: () => Date }
  readonly egress: Pick<Egress, 'dial'>
  readonly log: (line: Readonly<Record<string, unknown>>) => void
}

export type LiveTerminal = Disposable & {
  /** The raw file is open: its last frame, and its size. */
  begin(last: number, bytes: number): void
  /** Frames that stand in the raw file now. */
  recorded(frames: readonly RecordedFrame[]): void
  /** Shows the terminal to a viewer. Throws `terminal-in-use`. */
  attach(opening: AttachOpening, sink: ViewerSink): ViewerSession
  /** The turn is over, with this exit code. */
  end(code: number): void
}

/** The frames in lines of the worker, as they will be recorded. */
const framesOf = (lines: readonly string[], { redact }: LiveTask): readonly RecordedFrame[] =>
  lines.flatMap((line) => {
    const frame = decodeFrame(line)
    return frame === undefined ? [] : [recordedFrame(frame, line, redact(line))]
  })

/** The terminal of a turn that runs: its screen, its viewers, and the way in. */
export const liveTerminal = (input: {
  readonly deps: TerminalDeps
  readonly live: LiveTask
  readonly plan: Plan
  readonly size: TerminalSize
}): LiveTerminal => {
  const { deps, live, plan, size } = input
  const { turn } = plan
  const paths = taskPaths(live.folder)
  const files = savedScreen(paths.screen(plan))
  const over = new AbortController()
  let isOver: string | undefined
  const line = sandboxLine({
    dial: (signal): Promise<Duplex> => deps.egress.dial(live.id, { kind: 'terminal' }, signal),
    lines: (lines) => feed.early(framesOf(lines, live)),
    changed: () => viewers.tell(),
    isWanted: () => isOver === undefined && viewers.size > 0,
    signal: over.signal,
  })
  const finish = () => {
    if (isOver === undefined) return
    viewers.end(isOver)
    line.close()
  }
  const end = (code: number) => {
    isOver ??= String(code)
    // Else when the screen is made: viewers are to see the last of it.
    if (feed.screen !== undefined) finish()
  }
  const feed = screenFeed({
    size,
    before: plan.kept?.after ?? 0,
    raw: paths.raw(plan),
    files,
    listener: {
      bytes: (data) => viewers.bytes(data),
      resized: () => viewers.resized(),
      ready: () => {
        viewers.ready()
        finish()
      },
      answer: (text) => line.answer(text),
      ended: ({ code, signal }) => end(exitCode(code, signal)),
    },
    log: deps.log,
    signal: over.signal,
  })
  const viewers = audience({
    task: live.id,
    turn,
    line,
    screen: () => feed.screen,
    append: (event) => void live.append(event),
    now: deps.clock.now,
    planned: size,
  })
  return {
    begin(last, bytes) {
      feed.begin(last, bytes)
      line.open(true)
    },
    recorded: feed.recorded,
    attach(opening, sink) {
      const session = viewers.join(opening, sink)
      if (feed.screen !== undefined) finish()
      return session
    },
    end,
    [Symbol.dispose]() {
      over.abort(new Error('the turn is over'))
      finish()
      viewers.dismiss()
      line.close()
      feed.close()
      if (isOver !== undefined) files.remove()
    },
  }
}
