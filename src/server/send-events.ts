import type { ServerResponse } from 'node:http'
import { eachLine, seqOf } from '../domain/event-line.ts'

const BEAT_MS = 15_000

export type EventFormat = 'sse' | 'lines'

const EVENT_END = Buffer.from('\n\n')

/** Server-sent events: `id` is the sequence number, `data` one event. */
const framed = (lines: Buffer): Buffer => {
  const parts: Buffer[] = []
  eachLine(lines, (start, end) => {
    const number = seqOf(lines, start, end)
    const id = number === undefined ? '' : `id: ${number}\n`
    parts.push(Buffer.from(`${id}data: `), lines.subarray(start, end), EVENT_END)
    return undefined
  })
  return Buffer.concat(parts)
}

const TYPES: Readonly<Record<EventFormat, string>> = { sse: 'text/event-stream', lines: 'application/x-ndjson' }
/** Without it an answer was broken off. */
const END: Readonly<Record<EventFormat, string>> = { sse: '', lines: '\n' }
const BEAT = Buffer.from(': \n\n')

/**
 * Answers with a journal's lines as fast as they are read: the next are asked for when the system has taken those before,
 * not sooner, since they may lie in the same block. Ends when the source ends; beats keep server-sent events open. Resolves
 * when it is over; rejects where the source fails, and the answer is broken off.
 */
export const sendEvents = async (input: {
  readonly events: (signal: AbortSignal) => AsyncIterable<Buffer>
  readonly format: EventFormat
  readonly to: ServerResponse
}): Promise<void> => {
  const { format, to } = input
  const gone = new AbortController()
  let taken = () => {}
  const send = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      taken = resolve
      // After its end no answer is told that a write is done.
      if (to.destroyed) resolve()
      else to.write(bytes, () => resolve())
    })
  to.once('close', () => {
    gone.abort()
    taken()
  })
  // Lines come as they are, without chunks that a reader would have to take apart; an empty one is their end.
  if (format === 'lines') to.removeHeader('transfer-encoding')
  to.writeHead(200, {
    'content-type': TYPES[format],
    'cache-control': 'no-store',
    ...(format === 'lines' ? { connection: 'close' } : {}),
  })
  to.flushHeaders()
  // Who does not read needs no sign either.
  const beat = () => to.writableLength === 0 && to.write(BEAT)
  const beating = format === 'sse' ? setInterval(beat, BEAT_MS) : undefined
  try {
    for await (const lines of input.events(gone.signal)) {
      await send(format === 'sse' ? framed(lines) : lines)
      if (to.destroyed) return
    }
    to.end(END[format])
  } catch (error) {
    to.destroy()
    throw error
  } finally {
    clearInterval(beating)
  }
}
