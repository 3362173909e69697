import { dirname } from 'node:path'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { type Batch, followLog } from '../container/follow-log.ts'
import { openRaw, rawBytes, readRaw } from '../task/raw-log.ts'
import { recordedFrame } from '../terminal/ahead.ts'
import type { LiveTerminal } from '../terminal/live-terminal.ts'
import type { frameParser } from './frame-parser.ts'
import { joinOutput } from './join-output.ts'
import type { Running } from './running.ts'

const UNTRUSTED_KEPT = 200

/** The part of a piece of log that belongs to the turn: the log of a warm container goes on after it. */
const upTo = (frames: Batch['frames'], isLast: (frame: Frame) => boolean): Batch['frames'] => {
  const last = frames.findIndex(({ frame }) => isLast(frame))
  return last < 0 ? frames : frames.slice(0, last + 1)
}

/** The repositories whose bundles are whole, by the worker's word; undefined: the main one. */
const bundledIn = (frames: Batch['frames']): readonly (string | undefined)[] =>
  frames.flatMap(({ frame }) => (frame.k === 'work' && frame.bundle !== null ? [frame.repository] : []))

/**
 * Records the turn's frames in raw file and journal until the container's log ends, or its worker is idle. Frames that
 * were recorded before come first; if the container is gone (null), they are all.
 */
export const recordFrames = async (
  { live, plan, engine, signal }: Running,
  container: string | null,
  parser: ReturnType<typeof frameParser>,
  progress: {
    readonly logged: (bytes: number) => void
    readonly written: (bytes: number) => void
    /** The bundle of this repository is whole, by the worker's word; undefined: the main one. */
    readonly bundled: (repository: string | undefined) => void
    /** Shows the frames as they are recorded, if the agent runs on a terminal. */
    readonly terminal: LiveTerminal | undefined
  },
): Promise<void> => {
  const path = taskPaths(live.folder).raw(plan)
  const isLast = ({ k }: Frame) => k === 'idle' && plan.order.keepAliveMs !== undefined
  let known = plan.kept?.after ?? 0
  let since: number | null = plan.kept?.since ?? null
  for (const frame of readRaw(path)) {
    live.append(...parser.frame(frame))
    known = frame.n
    since = frame.t
    if (isLast(frame)) return
  }
  if (container === null) return
  const raw = openRaw(path)
  progress.terminal?.begin(known, raw.bytes)
  let untrusted = 0
  let reading = 0
  /** Berth may read the recorded part of the log again. A frame with an old number after that part is forged. */
  let free = 0
  try {
    for await (const batch of followLog({ engine, container, known, since, signal })) {
      if (batch.reading !== reading) free = rawBytes(dirname(path))
      reading = batch.reading
      const again = Math.min(free, batch.again)
      free -= again
      progress.logged(batch.bytes - again)
      const frames = upTo(batch.frames, isLast)
      const masked = frames.map(({ line }) => live.redact(line))
      raw.append(masked)
      progress.terminal?.recorded(frames.map(({ frame, line }, n) => recordedFrame(frame, line, masked[n] ?? '')))
      const events = joinOutput(
        frames.flatMap(({ frame }) => parser.frame(frame)),
        parser.plain,
      )
      const strange = batch.untrusted.slice(0, Math.max(0, UNTRUSTED_KEPT - untrusted))
      untrusted += batch.untrusted.length
      const unframed = strange.map((text) => ({
        type: 'untrusted' as const,
        turn: plan.turn,
        text: live.redact(text.slice(0, 2000)),
      }))
      faultPoint('frames.raw')
      const before = live.journal.offset
      live.append(...events, ...unframed)
      progress.written(live.journal.offset - before)
      faultPoint('frames.told')
      for (const repository of bundledIn(frames)) progress.bundled(repository)
      if (frames.some(({ frame }) => isLast(frame))) return
    }
  } finally {
    raw.close()
  }
}
