import type { Changes } from './changes.ts'

const NEWLINE = 10
const HEAD_BYTES = 128
const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/

/** Counts files and lines of a git patch, piece by piece; of a line it keeps the beginning alone. */
export const patchCounter = (): { take(piece: Buffer): void; changes(): Changes } => {
  let files = 0
  let insertions = 0
  let deletions = 0
  /** Lines of the hunk that are still to come, on either side. */
  let old = 0
  let now = 0
  let head = ''

  const ofHunk = (sign: string | undefined) => {
    if (sign === '+') insertions += 1
    if (sign === '-') deletions += 1
    if (sign !== '+' && sign !== '\\') old -= 1
    if (sign !== '-' && sign !== '\\') now -= 1
  }
  const betweenHunks = () => {
    if (head.startsWith('diff --git ')) {
      files += 1
      return
    }
    const hunk = HUNK.exec(head)
    if (hunk !== null) [old, now] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)]
  }
  const endLine = () => {
    if (old > 0 || now > 0) ofHunk(head[0])
    else betweenHunks()
    head = ''
  }

  return {
    take(piece) {
      let start = 0
      for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
        head += piece.toString('latin1', start, Math.min(end, start + HEAD_BYTES - head.length))
        endLine()
        start = end + 1
      }
      if (start < piece.length)
        head += piece.toString('latin1', start, Math.min(piece.length, start + HEAD_BYTES - head.length))
    },
    changes: () => ({ files, insertions, deletions }),
  }
}
