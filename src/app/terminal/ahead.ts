import { decodeFrame } from '../../domain/decode-frame.ts'
import type { Frame } from '../../domain/worker-protocol.ts'

/** Of lines that wait for the log. */
const MOST_BYTES = 1024 * 1024

/** A frame as it is recorded: the line is masked, and the frame is that line's; undefined if masking broke it. */
export type RecordedFrame = { readonly n: number; readonly line: string; readonly frame: Frame | undefined }

export const recordedFrame = (frame: Frame, line: string, masked: string): RecordedFrame => ({
  n: frame.n,
  line: masked,
  frame: masked === line ? frame : decodeFrame(masked),
})

/**
 * Lines by their numbers that a faster way than the log brought: those that came too early, and those that were taken before
 * the log had them. Bounded: what has no place is left to the log.
 */
export const linesAhead = () => {
  const lines = new Map<number, RecordedFrame>()
  let bytes = 0
  return {
    /** False if it has no place. */
    put(frame: RecordedFrame): boolean {
      if (bytes + frame.line.length > MOST_BYTES) return false
      if (lines.has(frame.n)) return true
      lines.set(frame.n, frame)
      bytes += frame.line.length
      return true
    },
    take(n: number): RecordedFrame | undefined {
      const found = lines.get(n)
      if (found === undefined) return undefined
      lines.delete(n)
      bytes -= found.line.length
      return found
    },
    get: (n: number): RecordedFrame | undefined => lines.get(n),
    clear(): void {
      lines.clear()
      bytes = 0
    },
  }
}
