import { decodeFrame } from '../../domain/decode-frame.ts'
import type { Frame } from '../../domain/worker-protocol.ts'
import { lineSplitter } from '../../std/lines.ts'

export type Accepted =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly line: string }
  | { readonly kind: 'untrusted'; readonly line: string }
  /** A number that was taken in before: read again, or forged by whoever has its place in the log. */
  | { readonly kind: 'again'; readonly bytes: number }
  | { readonly kind: 'hole'; readonly expected: number; readonly got: number }

/**
 * Picks the worker's frames out of a container's log. Only the next expected number is accepted; numbers up to `known` were taken over from an earlier look, and are read again before the first that is new; behind that they are
 * forged. Everything else is not the worker's word.
 */
export const frameReader = (known: number) => {
  let last = known
  const split = lineSplitter(64 * 1024)
  const judge = (line: string): Accepted | undefined => {
    if (line === '') return undefined
    const frame = decodeFrame(line)
    if (frame === undefined) return { kind: 'untrusted', line }
    if (frame.n === last + 1) {
      last = frame.n
      return { kind: 'frame', frame, line }
    }
    if (frame.n <= known && last === known) return { kind: 'again', bytes: line.length + 1 }
    return frame.n > last + 1 ? { kind: 'hole', expected: last + 1, got: frame.n } : { kind: 'untrusted', line }
  }
  return {
    get last() {
      return last
    },
    *push(chunk: Buffer): Generator<Accepted> {
      for (const line of split.push(chunk)) {
        const accepted = judge(line)
        if (accepted !== undefined) yield accepted
      }
    },
  }
}
