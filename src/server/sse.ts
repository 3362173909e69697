import type { Event } from '../domain/event.ts'

const BEAT_MS = 15_000

/** Server-sent events: `id` is the sequence number, `data` one event. Ends when the source ends; beats keep it open. */
export const eventStream = (events: AsyncIterable<Event>, release: () => void): Response => {
  const iterator = events[Symbol.asyncIterator]()
  let beat: NodeJS.Timeout | undefined
  const end = () => {
    clearInterval(beat)
    release()
  }
  const body = new ReadableStream<string>({
    start(controller) {
      beat = setInterval(() => controller.enqueue(': \n\n'), BEAT_MS)
    },
    async pull(controller) {
      try {
        const next = await iterator.next()
        if (!next.done) return controller.enqueue(`id: ${next.value.seq}\ndata: ${JSON.stringify(next.value)}\n\n`)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      end()
    },
    async cancel() {
      end()
      await iterator.return?.()
    },
  })
  return new Response(body.pipeThrough(new TextEncoderStream()), {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}
