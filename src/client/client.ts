import { request as httpRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Problem } from '../api/answers.ts'
import { WANTS_CALLER } from '../api/headers.ts'
import type { Answer, JsonRoute, Sent, StreamRoute, UpgradeRoute } from '../api/route-types.ts'
import { BerthError, ERRORS, type ErrorCode } from '../domain/errors.ts'
import type { Event } from '../domain/event.ts'
import { EVENT_LINES, eventsIn, rangeOf } from '../domain/event-line.ts'
import type { AuditEntry } from '../domain/network/audit-entry.ts'
import { callerContextOf } from './caller-context.ts'
import type { ClientContext } from './context.ts'
import { type LineStream, lineStream } from './line-stream.ts'
import { routeCall } from './route-call.ts'
import { type Call, type Heard, heardStream, type Send, sendSmall, sendStream } from './send.ts'
import { startSupervisor } from './start-supervisor.ts'

const ABSENT = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
const WANTS_CALLER_LINE = new RegExp(`^${WANTS_CALLER}:`, 'im')
/** The request may have been heard. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE'])
const BROKEN_TRIES = 3
/** So long supervisors may come and go, as where two builds take turns, before one hears us. */
const CALL_MS = 60_000

/** The error that the supervisor told. */
export const problemError = (problem: Problem): BerthError => {
  const code = (problem.code in ERRORS ? problem.code : 'internal') as ErrorCode
  return new BerthError(code, problem.detail, { hint: problem.hint })
}

const errorOf = async (heard: Heard): Promise<BerthError> => {
  const text = await heard.text()
  try {
    return problemError(JSON.parse(text) as Problem)
  } catch {
    return new BerthError('internal', `the supervisor answered ${heard.status}: ${text.slice(0, 200)}`)
  }
}

/** Which of a task's events; see ROUTES.events. */
export type EventQuery = {
  readonly after: number
  readonly follow: boolean | 'forever'
  readonly tail?: number
  readonly since?: string
  readonly turn?: number
  readonly types?: readonly string[]
}

const eventsPath = (id: string, asked: EventQuery, last: number | null): string => {
  const { after, follow, since, turn, types } = asked
  const query = {
    after: `${last ?? after}`,
    follow: `${follow}`,
    since,
    turn: turn?.toString(),
    types: types?.join(','),
    // Who comes back goes on behind the last one.
    tail: last === null ? asked.tail?.toString() : undefined,
  }
  return routeCall('events', { id, query }).path
}

/** Calls the supervisor of the state folder, and starts one where none answers. */
const caller = (context: ClientContext, start: (context: ClientContext) => Promise<void>) => {
  /** A program that was replaced while it runs must not end the newer supervisor when it connects again. */
  let settled = false
  /** The answer, or why there is none. A supervisor of another build has stepped down for us when it answers 426. */
  const attempt = async <H extends Heard>(send: Send<H>, one: Call): Promise<H | 'absent' | 'broken'> => {
    try {
      const heard = await send(context.paths.socket, settled ? '*' : context.build, one)
      if (heard.status !== 426) {
        settled = true
        return heard
      }
      heard.drop()
      return 'absent'
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (one.signal?.aborted || !ABSENT.has(code)) throw error
      return BROKEN.has(code) ? 'broken' : 'absent'
    }
  }
  return {
    /** The build as a request names it. */
    get build() {
      return settled ? '*' : context.build
    },
    settle: () => {
      settled = true
    },
    async call<H extends Heard>(send: Send<H>, one: Call): Promise<H> {
      const until = Date.now() + CALL_MS
      for (let broken = 0; ; ) {
        const answer = await attempt(send, one)
        if (typeof answer !== 'string') return answer
        if (answer === 'broken') broken += 1
        if (broken > BROKEN_TRIES || Date.now() > until)
          throw new BerthError('supervisor-unreachable', 'the supervisor does not answer')
        await start(context)
      }
    },
  }
}

/** Which entries of a task's audit; see ROUTES.audit. */
export type AuditQuery = { readonly follow: boolean; readonly denied: boolean }

const auditPath = (id: string, { follow, denied }: AuditQuery, after: string | null): string =>
  routeCall('audit', { id, query: { follow: `${follow}`, denied: `${denied}`, after: after ?? undefined } }).path

type OpenLines = (path: string, signal: AbortSignal | undefined) => Promise<LineStream>

/**
 * The lines of an answer, as many at a time as have come, good until the next are asked for; a lost supervisor is started
 * again and the stream goes on behind the last line. `pathOf`: the request for what comes behind that.
 */
async function* resumedLines<Last>(input: {
  readonly open: OpenLines
  readonly pathOf: (last: Last | null) => string
  readonly lastOf: (lines: Buffer) => Last
  readonly signal: AbortSignal | undefined
}): AsyncGenerator<Buffer> {
  const { open, pathOf, lastOf, signal } = input
  let last: Last | null = null
  for (let lost = 0; ; lost += 1) {
    try {
      const stream = await open(pathOf(last), signal)
      for await (const lines of stream.lines) {
        last = lastOf(lines)
        lost = 0
        yield lines
      }
      return
    } catch (error) {
      if (signal?.aborted || error instanceof BerthError || lost > 5) throw error
    }
  }
}

const eventLines = (open: OpenLines, id: string, query: EventQuery, signal: AbortSignal | undefined) =>
  resumedLines<number>({
    open,
    pathOf: (last) => eventsPath(id, query, last),
    lastOf: (lines) => rangeOf(id, lines)[1],
    signal,
  })

type IdentifiedEntry = AuditEntry & { readonly id: string }

const entriesIn = (lines: Buffer): readonly IdentifiedEntry[] =>
  lines
    .toString()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as IdentifiedEntry]))

/** The entries of a task's audit. Their ids are only to go on behind them. */
async function* auditEntries(open: OpenLines, id: string, query: AuditQuery, signal: AbortSignal | undefined) {
  const lastOf = (lines: Buffer) => entriesIn(lines).at(-1)?.id ?? ''
  const pathOf = (last: string | null) => auditPath(id, query, last)
  for await (const lines of resumedLines({ open, pathOf, lastOf, signal }))
    for (const { id: _, ...entry } of entriesIn(lines)) yield entry satisfies AuditEntry
}

/** Talks to the supervisor of the state folder; `start` starts one where none answers. */
export const client = (context: ClientContext, start = startSupervisor) => {
  const { socket } = context.paths
  const supervisor = caller(context, start)
  let brought = false
  /** A task of the supervisor has lost its caller's environment: ours may be what it needs. */
  const bringCallerContext = async () => {
    if (brought) return
    brought = true
    await supervisor.call(sendSmall, routeCall('callerContext', { body: { caller: callerContextOf(context) } }))
  }
  const answer = async <H extends Heard>(send: Send<H>, one: Call): Promise<H> => {
    const heard = await supervisor.call(send, one)
    if (heard.header(WANTS_CALLER) !== undefined) await bringCallerContext()
    if (heard.status >= 400) throw await errorOf(heard)
    return heard
  }
  /** Throws where there is none, when a supervisor is there again that may have one. */
  const openLines: OpenLines = async (path, signal) => {
    const headers = { 'x-berth-build': supervisor.build, accept: EVENT_LINES }
    const stream = await lineStream({ socketPath: socket, path, headers, signal }).catch(() => undefined)
    if (stream?.status === 200) {
      supervisor.settle()
      if (WANTS_CALLER_LINE.test(stream.head)) await bringCallerContext()
      return stream
    }
    stream?.close()
    // What is wrong is told in the usual way, and who is absent is started.
    const { message } = await answer(sendStream, { method: 'GET', path, headers: { accept: EVENT_LINES }, signal })
    message.destroy()
    throw new Error("the supervisor's answer is empty")
  }
  return {
    /** The JSON that a route answers with. */
    ask: async <N extends JsonRoute>(name: N, sent: Sent<N>, signal?: AbortSignal): Promise<Answer<N>> =>
      JSON.parse(await (await answer(sendSmall, { ...routeCall(name, sent), signal })).text()) as Answer<N>,
    /** A connection that speaks a protocol of its own from then on. */
    async upgrade<N extends UpgradeRoute>(
      name: N,
      sent: Sent<N>,
      protocol: string,
      signal?: AbortSignal,
    ): Promise<Duplex> {
      const { method, path } = routeCall(name, sent)
      const headers = { 'x-berth-build': '*', connection: 'Upgrade', upgrade: protocol }
      const options = { socketPath: socket, method, path, headers, servername: '', ...(signal && { signal }) }
      const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
      httpRequest(options)
        .once('error', reject)
        .once('response', (message) => void errorOf(heardStream(message)).then(reject, reject))
        .once('upgrade', (_, duplex, head) => {
          if (head.length > 0) duplex.unshift(head)
          resolve(duplex)
        })
        .end()
      return await promise
    },
    /** The bytes that a route answers with. */
    stream: async <N extends StreamRoute>(
      name: N,
      sent: Sent<N>,
      signal?: AbortSignal,
    ): Promise<AsyncIterable<Buffer>> => (await answer(sendStream, { ...routeCall(name, sent), signal })).message,
    eventLines: (id: string, query: EventQuery, signal?: AbortSignal) => eventLines(openLines, id, query, signal),
    audit: (id: string, query: AuditQuery, signal?: AbortSignal): AsyncGenerator<AuditEntry> =>
      auditEntries(openLines, id, query, signal),
    /** The events themselves. */
    async *events(id: string, query: EventQuery, signal?: AbortSignal): AsyncGenerator<Event> {
      for await (const lines of eventLines(openLines, id, query, signal)) yield* eventsIn(id, lines)
    },
    /** The supervisor's status, without starting one; undefined where none runs. */
    async peek(): Promise<Answer<'status'> | undefined> {
      try {
        const heard = await sendSmall(socket, '*', routeCall('status', {}))
        return heard.status === 200 ? (JSON.parse(await heard.text()) as Answer<'status'>) : undefined
      } catch {
        return undefined
      }
    },
  }
}

export type Client = ReturnType<typeof client>
