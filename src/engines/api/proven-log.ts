import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../std/abort.ts'
import type { LogChunk } from '../engine.ts'

const BETWEEN_PROOFS_MS = 40
const HELD_BYTES = 4 * 1024 * 1024

type Source = {
  readonly follow: (signal: AbortSignal) => AsyncIterable<LogChunk>
  readonly ended: (signal: AbortSignal) => Promise<unknown>
  readonly running: (signal: AbortSignal) => Promise<boolean>
  readonly signal: AbortSignal
}

/** Something to wait for that happens again and again. */
const bell = () => {
  let ring = () => {}
  let next = Promise.resolve()
  const wind = () => {
    next = new Promise((resolve) => {
      ring = resolve
    })
  }
  wind()
  return {
    ring: () => ring(),
    async heard() {
      await next
      wind()
    },
  }
}

/** Reads ahead into memory, up to a bound, so that a chunk is there before the proof that is asked after it. */
const readAhead = (source: AsyncIterable<LogChunk>) => {
  const came = bell()
  const taken = bell()
  let held: LogChunk[] = []
  let size = 0
  let end: { readonly error: unknown } | undefined
  const pump = async () => {
    for await (const chunk of source) {
      held.push(chunk)
      size += chunk.data.length
      came.ring()
      while (size > HELD_BYTES) await taken.heard()
    }
  }
  pump().then(
    () => {
      end = { error: undefined }
      came.ring()
    },
    (error) => {
      end = { error }
      came.ring()
    },
  )
  return {
    came,
    get end() {
      return end
    },
    take(): readonly LogChunk[] {
      const all = held
      held = []
      size = 0
      taken.ring()
      return all
    },
  }
}

/** What came of a log while its container was seen to run afterwards; ends with the container, and what came last is left out. */
export async function* provenLog(source: Source): AsyncGenerator<LogChunk> {
  const stop = new AbortController()
  using _ = onAbort(source.signal, () => stop.abort(source.signal.reason))
  const ahead = readAhead(source.follow(stop.signal))
  let over = false
  source.ended(stop.signal).then(
    () => {
      over = true
      ahead.came.ring()
    },
    () => {},
  )
  try {
    for (;;) {
      await ahead.came.heard()
      source.signal.throwIfAborted()
      if (ahead.end?.error !== undefined) throw ahead.end.error
      if (over || ahead.end !== undefined) return
      const chunks = ahead.take()
      if (!(await source.running(stop.signal))) return
      yield* chunks
      await sleep(BETWEEN_PROOFS_MS, undefined, { signal: source.signal }).catch(() => {})
    }
  } finally {
    stop.abort()
    ahead.take()
  }
}
