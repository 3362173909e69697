import { closeSync, openSync } from 'node:fs'
import { ofAll, type Wanted } from '../domain/event-line.ts'
import { onAbort } from '../std/abort.ts'
import type { JournalIndex } from './journal-index.ts'
import { type Piece, pieces } from './journal-lines.ts'
import { linesAfter, without } from './read-journal.ts'
import type { Lines } from './store.ts'

/** A journal that is being written. */
export type Growing = {
  readonly path: string
  readonly size: number
  readonly seq: number
  readonly open: boolean
  /** What was appended last: who follows need not read it from the disk. */
  readonly latest: Piece
  readonly index: (fd: number) => JournalIndex
  /** Calls when it has grown or was closed; called off by what it gives. */
  readonly onChange: (tell: () => void) => () => void
}

/** Opened when it is first needed: who is never behind needs none. */
const lazily = (path: string) => {
  let fd: number | undefined
  return {
    get fd() {
      fd ??= openSync(path, 'r')
      return fd
    },
    [Symbol.dispose]() {
      if (fd !== undefined) closeSync(fd)
    },
  }
}

/** Says when a journal has changed, or the signal; heard once for all that a follower waits for. */
const changes = (journal: Growing, signal: AbortSignal) => {
  let tell = () => {}
  const told = () => tell()
  const off = journal.onChange(told)
  const stopped = onAbort(signal, told)
  return {
    next: (): Promise<void> =>
      new Promise((resolve) => {
        tell = resolve
      }),
    [Symbol.dispose]() {
      off()
      stopped[Symbol.dispose]()
    },
  }
}

/** Lines of a growing journal from a place on, less the first `skip`; moves the place. */
function* arrived(journal: Growing, own: { readonly fd: number }, at: { place: number; skip: number }) {
  const { latest, size } = journal
  const come =
    at.place >= latest.offset
      ? [{ bytes: latest.bytes.subarray(at.place - latest.offset) }]
      : pieces(own.fd, [at.place, size])
  for (const { bytes } of come) {
    at.place += bytes.length
    const rest = without(bytes, at.skip)
    at.skip = rest.left
    if (rest.bytes.length > 0) yield rest.bytes
  }
}

/** Whole lines behind a number: what is there, then what comes, as fast as the reader takes them. */
export async function* followLines(
  journal: Growing,
  after: number,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Lines> {
  using own = lazily(journal.path)
  using change = changes(journal, signal)
  const at = { place: journal.size, skip: Math.max(0, after - journal.seq) }
  const source = () => ({ fd: own.fd, size: at.place, index: () => journal.index(own.fd) })
  for (const lines of after < journal.seq ? linesAfter(source(), after, wanted) : []) {
    yield lines
    if (signal.aborted) return
  }
  while (!signal.aborted) {
    for (const bytes of arrived(journal, own, at)) {
      yield { bytes, wanted: ofAll(wanted) }
      if (signal.aborted) return
    }
    if (at.place < journal.size) continue
    if (!journal.open) return
    await change.next()
  }
}
