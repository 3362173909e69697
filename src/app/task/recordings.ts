import { closeSync, createReadStream, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { asciicast, castEvent, castHeader } from '../../domain/asciicast.ts'
import type { Recording } from '../../domain/recording.ts'
import type { TaskRecord } from '../../domain/task.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { inPieces } from '../../std/in-pieces.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { JournalReader } from '../../store/store.ts'
import { planOfTurn } from './journal-plans.ts'
import { readRaw } from './raw-log.ts'
import { removeHalves } from './snapshot.ts'

type Recorded = {
  readonly folder: string
  readonly record: TaskRecord
  readonly redact: (text: string) => string
}
export type Read = Recorded & { readonly journal: Pick<JournalReader, 'select'> }
type Turn = TaskRecord['turns'][number]

const PIECE = 256 * 1024
/** More than any line of a recording: its pieces come from frames, and its header has a title. */
const LINE = 128 * 1024

/** What the frames of a turn have of its terminal up to now, as lines of a recording. Empty: nothing. */
const linesOf = ({ folder, record, redact }: Recorded, turn: Turn, plan: Plan): Iterable<string> => {
  const terminal = plan.order.run?.terminal
  if (terminal === undefined || turn.startedAt === null) return []
  const { raw } = taskPaths(folder)
  const attempts = Array.from({ length: turn.attempt }, (_, at) => raw({ turn: turn.turn, attempt: at + 1 }))
  return asciicast({
    attempts: attempts.map(readRaw),
    size: terminal,
    term: terminal.term,
    title: record.title,
    from: new Date(turn.startedAt),
    until: turn.endedAt === null ? new Date() : new Date(turn.endedAt),
    mostBytes: plan.order.limits.outputBytes,
    redact,
  })
}

/** The pieces; undefined where there is none. */
const unlessEmpty = (pieces: Generator<Buffer>): Generator<Buffer> | undefined => {
  const first = pieces.next()
  if (first.done) return undefined
  return (function* () {
    yield first.value
    yield* pieces
  })()
}

/** Writes the recording of a turn that had a terminal. A second call writes the same. */
export const writeRecording = async (recorded: Recorded, plan: Plan): Promise<void> => {
  const { out, recording } = taskPaths(recorded.folder)
  if (plan.order.run?.terminal === undefined) return
  const turn = recorded.record.turns.find((one) => one.turn === plan.turn)
  const pieces = turn && unlessEmpty(inPieces(linesOf(recorded, turn, plan), PIECE))
  if (pieces === undefined) return
  mkdirSync(out, { recursive: true, mode: 0o700 })
  removeHalves(out)
  await writeFileDurably(recording(plan.turn), pieces)
}

/** The first and the last line of a file, and its size. */
const endsOf = (path: string): { readonly first: string; readonly last: string; readonly bytes: number } => {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    const piece = Buffer.alloc(Math.min(size, LINE))
    const text = (at: number) => piece.toString('utf8', 0, readSync(fd, piece, 0, piece.length, at))
    const [first = ''] = text(0).split('\n', 1)
    const last = text(size - piece.length).trimEnd()
    return { first, last: last.slice(last.lastIndexOf('\n') + 1), bytes: size }
  } finally {
    closeSync(fd)
  }
}

/** A turn's recording where it is a file: not while the turn runs, when a file may be there of an earlier attempt. */
const fileOf = ({ folder }: Recorded, turn: Turn): string | undefined => {
  const path = taskPaths(folder).recording(turn.turn)
  return turn.endedAt !== null && existsSync(path) ? path : undefined
}

const unwritten = (read: Read, turn: Turn): Iterable<string> => {
  const plan = planOfTurn(read, turn.turn, turn.attempt)
  return plan === undefined ? [] : linesOf(read, turn, plan)
}

const fileRow = (turn: number, path: string): Recording | undefined => {
  const { first, last, bytes } = endsOf(path)
  const header = castHeader(first)
  return header === undefined ? undefined : { turn, ...header, seconds: castEvent(last)?.seconds ?? 0, bytes }
}

const rowOf = (read: Read, turn: Turn): Recording | undefined => {
  const path = fileOf(read, turn)
  if (path !== undefined) return fileRow(turn.turn, path)
  for (const line of unwritten(read, turn)) {
    const header = castHeader(line)
    if (header === undefined) return undefined
    const until = turn.endedAt === null ? Date.now() : Date.parse(turn.endedAt)
    const seconds = Math.max(0, until - Date.parse(header.startedAt ?? '')) / 1000
    return { turn: turn.turn, ...header, seconds, bytes: null }
  }
  return undefined
}

/** The recordings of a task's turns, those that run included. */
export const recordingRows = (read: Read): readonly Recording[] =>
  read.record.turns.map((turn) => rowOf(read, turn)).filter((row) => row !== undefined)

/** A turn's recording as bytes; of a turn that runs, what there is up to now. Undefined: there is none. */
export const recordingBytes = (read: Read, number: number): Iterable<Buffer> | AsyncIterable<Buffer> | undefined => {
  const turn = read.record.turns.find((one) => one.turn === number)
  if (turn === undefined) return undefined
  const path = fileOf(read, turn)
  return path === undefined ? unlessEmpty(inPieces(unwritten(read, turn), PIECE)) : createReadStream(path)
}
