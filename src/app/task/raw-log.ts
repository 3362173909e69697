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
  close(): void
}

/** Frames of a raw file from its start; a torn last line is left out. */
export function* readRaw(path: string): Generator<Frame> {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return
  }
  try {
    const split = lineSplitter(64 * 1024)
    const buffer = Buffer.alloc(256 * 1024)
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) {
      for (const line of split.push(buffer.subarray(0, got))) {
        const frame = decodeFrame(line)
        if (frame !== undefined) yield frame
      }
    }
  } finally {
    closeSync(fd)
  }
}

/** Bytes of all frames that were taken in of a task. */
export const rawBytes = (folder: string): number =>
  (existsSync(folder) ? readdirSync(folder) : []).reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)

export const openRaw = (path: string): RawLog => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fd = openSync(path, 'a+', 0o600)
  const size = fstatSync(fd).size
  if (size > 0) {
    const tail = Buffer.alloc(Math.min(size, 64 * 1024))
    readSync(fd, tail, 0, tail.length, size - tail.length)
    const whole = tail.lastIndexOf(10) + 1
    if (whole < tail.length) ftruncateSync(fd, size - tail.length + whole)
  }
  return {
    append(lines) {
      if (lines.length > 0) writeSync(fd, `${lines.join('\n')}\n`)
    },
    close: () => closeSync(fd),
  }
}
