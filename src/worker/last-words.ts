import { isUtf8 } from 'node:buffer'

const KEPT_BYTES = 1500
const LINES = 5

/** The last lines of an output, for the words of an error. */
export const lastWords = () => {
  let kept = Buffer.alloc(0)
  return {
    add(chunk: Buffer): void {
      kept = Buffer.from(Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES))
    },
    text(): string {
      const lines = (isUtf8(kept) ? kept.toString() : kept.toString().replaceAll('\ufffd', ''))
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
        .slice(-LINES)
      return lines.length === 0 ? '' : `; its last lines: ${lines.join(' | ')}`
    },
  }
}
