import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { decodeFrame } from '../../domain/decode-frame.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import { lineSplitter } from '../../std/lines.ts'

/** Our own copy of a container's frames, as they came. Written before the journal, so it is never behind it. */
export type RawLog = {
  append(lines: readonly string[]): void
  /** Its bytes when it was opened. */
  readonly bytes: number
  close(): void
}

/** Lines of a raw file from a place on; a torn last line is left out. */
function* readLines(path: string, from: number): Generator<string> {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return
  }
  try {
    const split = lineSplitter(64 * 1024)
    const buffer = Buffer.alloc(256 * 1024)
    let at = from
    for (
      let got = readSync(fd, buffer, 0, buffer.length, at);
      got > 0;
      got = readSync(fd, buffer, 0, buffer.length, at)
    ) {
      at += got
      yield* split.push(buffer.subarray(0, got))
    }
  } finally {
    closeSync(fd)
  }
}

/** Frames of a raw file from its start. */
export function* readRaw(path: string): Generator<Frame> {
  for (const { frame } of readRawFrom(path, 0)) yield frame
}

/** Frames of a raw file from a place on, which is behind a line's end. */
export function* readRawFrom(
  path: string,
  from: number,
): Generator<{ readonly n: number; readonly line: string; readonly frame: Frame }> {
  for (const line of readLines(path, from)) {
    const frame = decodeFrame(line)
    if (frame !== undefined) yield { n: frame.n, line, frame }
  }
}

/** Bytes of all frames that were taken in of a task. */
export const rawBytes = (folder: string): number =>
  (existsSync(folder) ? readdirSync(folder) : []).reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)

export const openRaw = (path: string): RawLog => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(path, 'a+', 0o600)
  let size = fstatSync(fd).size
  if (size > 0) {
    const tail = Buffer.alloc(Math.min(size, 64 * 1024))
    readSync(fd, tail, 0, tail.length, size - tail.length)
    const whole = tail.lastIndexOf(10) + 1
    size += whole - tail.length
    ftruncateSync(fd, size)
  }
  return {
    bytes: size,
    append(lines) {
      if (lines.length > 0) writeSync(fd, `${lines.join('\n')}\n`)
    },
    close: () => closeSync(fd),
  }
}
