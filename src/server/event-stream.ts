import { eachLine, headOf } from '../domain/event-line.ts'

const BEAT_MS = 15_000

export type EventFormat = 'sse' | 'lines'

/** Server-sent events: `id` is the sequence number, `data` one event. */
const framed = (lines: Buffer): Buffer => {
  const parts: Buffer[] = []
  eachLine(lines, (start, end) => {
    const number = headOf(lines, start, end)?.seq
    const id = number === undefined ? '' : `id: ${number}\n`
    parts.push(Buffer.from(`${id}data: `), lines.subarray(start, end), Buffer.from('\n\n'))
    return undefined
  })
  return Buffer.concat(parts)
}

const TYPES: Readonly<Record<EventFormat, string>> = { sse: 'text/event-stream', lines: 'application/x-ndjson' }
const BEAT = Buffer.from(': \n\n')

/** Streams a journal's lines as fast as they are read. Ends when the source ends; beats keep server-sent events open. */
export const eventStream = (lines: AsyncIterable<Buffer>, format: EventFormat, release: () => void): Response => {
  const iterator = lines[Symbol.asyncIterator]()
  let beat: NodeJS.Timeout | undefined
  const end = () => {
    clearInterval(beat)
    release()
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (format !== 'sse') return
        beat = setInterval(() => {
          // Who does not read needs no sign either.
          if ((controller.desiredSize ?? 0) > 0) controller.enqueue(BEAT)
        }, BEAT_MS)
      },
      async pull(controller) {
        try {
          const next = await iterator.next()
          if (!next.done) return controller.enqueue(format === 'sse' ? framed(next.value) : next.value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        end()
      },
      async cancel() {
        end()
        await iterator.return?.(undefined)
      },
    },
    { highWaterMark: 1 },
  )
  return new Response(body, { headers: { 'content-type': TYPES[format], 'cache-control': 'no-store' } })
}
