import type { Frame, TerminalSize } from '../../domain/worker-protocol.ts'
import { errorMessage } from '../../std/error-message.ts'
import { inSlices } from '../../std/in-slices.ts'
import { readRawFrom } from '../task/raw-log.ts'
import { linesAhead, type RecordedFrame } from './ahead.ts'
import type { ScreenFiles } from './saved-screen.ts'
import type { Screen } from './screen.ts'

/** Of raw file between two checkpoints. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024
/** Nobody waits any more for the answer to an older query. */
const ANSWER_MS = 5000
/** Output may be slow to draw. After so long the rest is read from the raw file, where others have their turns in between. */
const SLOW_MS = 50
/** So often the lines of the faster way may differ from the log's before that way is given up. */
const MOST_FORGED = 3

export type FeedListener = {
  /** Output, before the screen has it. */
  readonly bytes: (bytes: Buffer) => void
  readonly resized: (size: TerminalSize) => void
  /** The screen is there, as the log has it. */
  readonly ready: () => void
  /** What the screen answers to the program. */
  readonly answer: (text: string) => void
  readonly ended: (frame: Extract<Frame, { k: 'agent-end' }>) => void
}

type Input = {
  /** The size that the turn was planned with. */
  readonly size: TerminalSize
  /** Number of the frame before the turn's first one. */
  readonly before: number
  readonly raw: string
  readonly files: ScreenFiles
  readonly listener: FeedListener
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly signal: AbortSignal
}

const bytesOf = (frame: Extract<Frame, { k: 'out' }>): Buffer =>
  'd' in frame ? Buffer.from(frame.d) : Buffer.from(frame.b, 'base64')

const lineBytes = ({ line }: RecordedFrame): number => Buffer.byteLength(line) + 1

type Feed = {
  screen: Screen | undefined
  /** What the screen answered since it was last asked. */
  said: string
  /** The last frame that the screen has. */
  fed: number
  /** Frames up to this one get no answer: an earlier supervisor, or an earlier screen, had them. */
  answered: number
  /** The raw file is read: what the log records meanwhile is found there. */
  reading: boolean
  /** The screen is not yet the one that the log has. */
  making: boolean
  /** Bytes of the raw file; those at the last checkpoint. */
  recorded: number
  checkpointAt: number
  forged: number
  /** Lines that came too early, and lines that were fed before the log had them. */
  readonly early: ReturnType<typeof linesAhead>
  readonly unconfirmed: ReturnType<typeof linesAhead>
}

const answer = (feed: Feed, { files, listener }: Input, frame: Frame): void => {
  const text = feed.said
  feed.said = ''
  if (text === '' || frame.n <= feed.answered || Math.abs(Date.now() - frame.t) > ANSWER_MS) return
  feed.answered = frame.n
  // Before the answer: a supervisor that dies in between leaves one out, and gives none twice.
  files.keepAnswered(frame.n)
  listener.answer(text)
}

const show = (feed: Feed, input: Input, screen: Screen, frame: Frame): void => {
  const { listener, log } = input
  if (frame.k === 'size') {
    screen.resize(frame)
    listener.resized(screen.size)
  }
  if (frame.k === 'agent-end') listener.ended(frame)
  if (frame.k !== 'out' || frame.s !== 't') return
  const bytes = bytesOf(frame)
  listener.bytes(bytes)
  try {
    screen.write(bytes)
  } catch (error) {
    // The screen lacks the rest of this frame, as will any that is made of the same frames.
    log({ level: 'error', msg: 'terminal screen', error: errorMessage(error) })
  }
  answer(feed, input, frame)
}

const take = (feed: Feed, input: Input, { n, frame }: RecordedFrame): void => {
  feed.fed = n
  feed.early.take(n)
  if (frame !== undefined && feed.screen !== undefined) show(feed, input, feed.screen, frame)
}

/** False once this work has lasted for long. */
const quick = (): (() => boolean) => {
  const began = performance.now()
  return () => performance.now() - began < SLOW_MS
}

/** The next line of the faster way. A size is left to the log: an agent that forges one could make any output slow to draw. */
const nextEarly = ({ early, fed }: Feed): RecordedFrame | undefined =>
  early.get(fed + 1)?.frame?.k === 'size' ? undefined : early.take(fed + 1)

/** What it does not come to in a short time is left to the log. */
const takeEarly = (feed: Feed, input: Input): void => {
  const isQuick = quick()
  for (let next = nextEarly(feed); next !== undefined; next = nextEarly(feed)) {
    if (!feed.unconfirmed.put(next)) return
    take(feed, input, next)
    if (!isQuick()) return
  }
}

/** Opens the screen as it was at the last checkpoint. Returns the place in the raw file behind it. */
const open = async (feed: Feed, input: Input, fromStart: boolean): Promise<number> => {
  const { openScreen } = await import('./screen.ts')
  const saved = fromStart ? undefined : input.files.checkpoint()
  feed.screen?.close()
  feed.screen = openScreen(saved?.screen ?? input.size, (text) => {
    feed.said += text
  })
  feed.fed = saved?.n ?? input.before
  feed.checkpointAt = saved?.offset ?? 0
  return feed.checkpointAt
}

/** False if the line was fed before, and was another one. */
const isTrue = ({ unconfirmed }: Feed, { n, line }: RecordedFrame): boolean => {
  const before = unconfirmed.take(n)
  return before === undefined || before.line === line
}

const checkpoint = (feed: Feed, { files }: Input): void => {
  const { screen, fed, recorded } = feed
  if (screen === undefined || recorded - feed.checkpointAt < CHECKPOINT_BYTES) return
  feed.checkpointAt = recorded
  files.keep({ n: fed, offset: recorded, screen: screen.save() })
}

/** Reads what is recorded. Behind its last byte the log goes on: nothing else runs between the two. */
const catchUp = async (feed: Feed, input: Input, from: number): Promise<void> => {
  const rest = inSlices()
  for (const found of readRawFrom(input.raw, from)) {
    if (!isTrue(feed, found)) {
      readAgain(feed, input)
      return
    }
    if (found.n > feed.fed) take(feed, input, found)
    await rest()
    if (input.signal.aborted) return
  }
  feed.reading = false
  if (feed.making) {
    feed.making = false
    input.listener.ready()
  }
  takeEarly(feed, input)
  checkpoint(feed, input)
}

/** Reads the raw file from a place on that is still to be found. */
const readFrom = (feed: Feed, input: Input, place: Promise<number>): void => {
  const { log } = input
  feed.reading = true
  place
    .then((from) => catchUp(feed, input, from))
    .catch((error: unknown) => log({ level: 'error', msg: 'terminal screen', error: errorMessage(error) }))
}

/** Makes the screen again. */
const read = (feed: Feed, input: Input, fromStart: boolean): void => {
  feed.answered = Math.max(feed.answered, feed.fed)
  feed.making = true
  feed.unconfirmed.clear()
  readFrom(feed, input, open(feed, input, fromStart))
}

/** The faster way had another line than the log. */
const readAgain = (feed: Feed, input: Input): void => {
  feed.forged += 1
  read(feed, input, true)
}

/** Takes frames that stand in the raw file, the first of them at `place`. */
const takeRecorded = (feed: Feed, input: Input, frames: readonly RecordedFrame[], place: number): void => {
  const isQuick = quick()
  let at = place
  for (const frame of frames) {
    if (!isTrue(feed, frame)) {
      readAgain(feed, input)
      return
    }
    if (!isQuick()) {
      readFrom(feed, input, Promise.resolve(at))
      return
    }
    if (frame.n === feed.fed + 1) take(feed, input, frame)
    at += lineBytes(frame)
  }
  takeEarly(feed, input)
  checkpoint(feed, input)
}

/**
 * Feeds a screen with the frames of a turn, each once and in their order: from the raw file what was recorded before, then
 * from the log as it is recorded, or from a faster way if that has the next frame already. The log is the truth: if a line of
 * the faster way was another one, the screen is made again.
 */
export const screenFeed = (input: Input) => {
  const feed: Feed = {
    screen: undefined,
    said: '',
    fed: input.before,
    answered: Number.POSITIVE_INFINITY,
    reading: true,
    making: true,
    recorded: 0,
    checkpointAt: 0,
    forged: 0,
    early: linesAhead(),
    unconfirmed: linesAhead(),
  }
  return {
    /** The raw file is open: `last` is its last frame, `bytes` its size. */
    begin(last: number, bytes: number): void {
      feed.answered = Math.max(last, input.files.answered())
      feed.recorded = bytes
      read(feed, input, false)
    },
    /** Frames that stand in the raw file now. */
    recorded(frames: readonly RecordedFrame[]): void {
      const place = feed.recorded
      for (const frame of frames) feed.recorded += lineBytes(frame)
      if (!feed.reading) takeRecorded(feed, input, frames, place)
    },
    /** Frames of a faster way, which the log will have, too. */
    early(frames: readonly RecordedFrame[]): void {
      if (feed.forged >= MOST_FORGED) return
      for (const frame of frames) if (frame.n > feed.fed) feed.early.put(frame)
      if (!feed.reading) takeEarly(feed, input)
    },
    /** Undefined while it is made. */
    get screen(): Screen | undefined {
      return feed.making ? undefined : feed.screen
    },
    close(): void {
      feed.screen?.close()
      feed.screen = undefined
      feed.reading = true
    },
  }
}
