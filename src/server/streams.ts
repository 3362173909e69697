import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import { ROUTES } from '../api/contract.ts'
import { WANTS_CALLER } from '../api/headers.ts'
import { lastEvent } from '../api/queries.ts'
import type { Asked, StreamRoute } from '../api/route-types.ts'
import type { UseCases } from '../app/use-cases.ts'
import { EVENT_LINES } from '../domain/event-line.ts'
import { read } from './asked-of.ts'
import { begun } from './begun.ts'
import { sendEvents } from './send-events.ts'

/** Node's own answer, for what is written to it without a stream of the web's around it. */
export type Env = { readonly Bindings: { readonly outgoing: ServerResponse } }

type Streams = {
  readonly [N in StreamRoute]: (asked: Asked<N>, c: Context<Env>) => Response | Promise<Response>
}

type Input = {
  readonly use: UseCases
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly touch: () => () => void
  /** True while a task waits for a caller's environment. */
  readonly wantsCallerContext: () => boolean
}

/** Sends a journal's lines in the format that the request accepts; holds the supervisor until it is over. */
const eventSender =
  ({ log, touch, wantsCallerContext }: Input) =>
  (c: Context<Env>, events: (signal: AbortSignal) => AsyncIterable<Buffer>): Response => {
    const format = c.req.header('accept') === EVENT_LINES ? 'lines' : 'sse'
    const { outgoing } = c.env
    const release = touch()
    if (wantsCallerContext()) outgoing.setHeader(WANTS_CALLER, '1')
    sendEvents({ events, format, to: outgoing })
      .catch((error: Error) => log({ level: 'error', msg: 'events', path: c.req.path, error: error.stack }))
      .finally(release)
    // A copy: its head may be added to.
    return RESPONSE_ALREADY_SENT.clone()
  }

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>

/** Sends bytes as fast as they are read; holds the supervisor until it is over. */
const byteSender =
  ({ touch }: Input) =>
  async (route: 'output' | 'recording' | 'diff', { env: { outgoing } }: Context<Env>, pieces: Pieces) => {
    const [type] = ROUTES[route].answer.media
    const first = await begun(pieces)
    if (!outgoing.destroyed) outgoing.once('close', touch())
    return new Response(ReadableStream.from(first), { headers: { 'content-type': type } })
  }

/** What each route that answers with a stream calls. */
export const streams = (input: Input): Streams => {
  const { use } = input
  const send = eventSender(input)
  const bytes = byteSender(input)
  return {
    changes: (_, c) => send(c, use.changes),
    events: ({ id, query }, c) => {
      // Asked before the stream begins, where an unknown task can still be told.
      use.task(id)
      const last = c.req.header('last-event-id')
      const { after, follow, ...selected } = query
      const asked = {
        ...selected,
        after: last === undefined ? after : read(lastEvent, last),
        follow: follow === 'forever' ? follow : follow === 'true',
      } as const
      return send(c, (signal) => use.events(id, asked, signal))
    },
    audit: ({ id, query: { after = null, ...query } }, c) => {
      use.task(id)
      return send(c, (signal) => use.audit(id, { ...query, after }, signal))
    },
    output: ({ id, query }, c) => bytes('output', c, use.output(id, query.turn)),
    recording: ({ id, turn }, c) => bytes('recording', c, use.recording(id, turn)),
    diff: ({ id, query: { path, ...query } }, c) =>
      bytes('diff', c, use.diff(id, { ...query, paths: path }, c.req.raw.signal)),
  }
}
