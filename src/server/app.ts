import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import {
  API_VERSION,
  archiveBody,
  authBody,
  editBody,
  forkBody,
  pruneBody,
  pushBody,
  ROUTES,
  removeBody,
  resumeBody,
  sendBody,
  stopBody,
  submitBody,
  worldBody,
} from '../api/contract.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { EVENT_LINES } from '../domain/event-line.ts'
import { STATES, type State } from '../domain/task.ts'
import { nameAndValue } from '../std/name-and-value.ts'
import { isUsageKey, USAGE_KEYS } from '../views/usage-report.ts'
import { begun } from './begun.ts'
import { bodyOf } from './body-of.ts'
import { diffQuery } from './diff-query.ts'
import { eventsQuery } from './events-query.ts'
import { problem } from './problem.ts'
import { sendEvents } from './send-events.ts'

const WANTS_WORLD = 'x-berth-wants-world'

const listFilter = (query: URLSearchParams) => {
  const asked = (query.get('state') ?? '').split(',').filter((state) => state !== '')
  const isState = (text: string): text is State => STATES.some((state) => state === text)
  const wrong = asked.find((state) => !isState(state))
  if (wrong !== undefined)
    throw new BerthError('bad-request', `--state ${wrong}: not a state; there are ${STATES.join(', ')}`)
  const states = asked.filter(isState)
  const labels = Object.fromEntries(query.getAll('label').map(nameAndValue))
  const provider = query.get('agent')
  const limit = Number(query.get('limit') ?? Number.NaN)
  return {
    all: query.get('all') === 'true',
    ...(query.get('archived') === 'true' ? { archived: true } : {}),
    labels,
    ...(states.length > 0 ? { states } : {}),
    ...(provider === null ? {} : { provider }),
    ...(Number.isInteger(limit) && limit > 0 ? { limit } : {}),
  }
}

/** What usage is summed by, and since when. */
const usageQuery = (query: URLSearchParams): readonly [string[], string | undefined] => {
  const by = (query.get('by') ?? '').split(',').filter((key) => key !== '')
  const wrong = by.find((key) => !isUsageKey(key))
  if (wrong !== undefined)
    throw new BerthError('bad-request', `--by ${wrong}: there are ${USAGE_KEYS.join(', ')} and label:NAME`)
  const since = query.get('since')
  if (since === null) return [by, undefined]
  const time = Date.parse(since)
  if (Number.isNaN(time)) throw new BerthError('bad-request', `since=${since}: not a time`)
  return [by, new Date(time).toISOString()]
}

const turnOf = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new BerthError('bad-request', `turn ${text}: not the number of a turn`)
  return Number(text)
}

/** Node's own answer, for what is written to it without a stream of the web's around it. */
type Env = { readonly Bindings: { readonly outgoing: ServerResponse } }

/** The HTTP API over the use cases. No handler decides anything. */
export const makeApp = (input: {
  readonly use: UseCases
  readonly status: () => object
  readonly shutdown: () => void
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly touch: () => () => void
  /** True while a task waits for a caller's environment. */
  readonly wantsWorld: () => boolean
}): Hono<Env> => {
  const { use } = input
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    const release = input.touch()
    try {
      await next()
      if (input.wantsWorld()) c.res.headers.set(WANTS_WORLD, '1')
    } finally {
      release()
    }
  })
  app.onError((error, c) => {
    const answer = problem(error)
    if (answer.code === 'internal') input.log({ level: 'error', msg: 'request', path: c.req.path, error: error.stack })
    return c.json(answer, answer.status as 400, { 'content-type': 'application/problem+json' })
  })
  app.notFound((c) =>
    c.json(
      {
        type: 'about:blank',
        title: 'not found',
        status: 404,
        code: 'not-found',
        detail: `no such route: ${c.req.path}`,
        hint: '',
      },
      404,
    ),
  )
  app.get(ROUTES.status.path, (c) => c.json({ api: API_VERSION, ...input.status() }))
  app.post(ROUTES.shutdown.path, (c) => {
    input.shutdown()
    return c.json({})
  })
  app.post(ROUTES.rebuild.path, (c) => c.json(use.rebuild()))
  app.post(ROUTES.world.path, async (c) => {
    use.bringWorld(worldBody.parse(await bodyOf(c.req.raw)).caller)
    return c.json({})
  })
  app.post(ROUTES.submit.path, async (c) =>
    c.json(await use.submit(submitBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal), 201),
  )
  app.post(ROUTES.plan.path, async (c) =>
    c.json(await use.plan(submitBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal)),
  )
  app.post(ROUTES.providers.path, async (c) =>
    c.json({ providers: await use.providers(worldBody.parse(await bodyOf(c.req.raw)).caller) }),
  )
  app.get(ROUTES.usage.path, (c) => c.json({ usage: use.usage(...usageQuery(new URL(c.req.url).searchParams)) }))
  app.get(ROUTES.list.path, (c) => c.json({ tasks: use.list(listFilter(new URL(c.req.url).searchParams)) }))
  app.get(ROUTES.task.path, (c) => c.json(use.status(c.req.param('id'))))
  app.get(ROUTES.container.path, async (c) => c.json(await use.container(c.req.param('id'), c.req.raw.signal)))
  const stream = (c: Context<Env>, events: (signal: AbortSignal) => AsyncIterable<Buffer>): Response => {
    const format = c.req.header('accept') === EVENT_LINES ? 'lines' : 'sse'
    const { outgoing } = c.env
    const release = input.touch()
    if (input.wantsWorld()) outgoing.setHeader(WANTS_WORLD, '1')
    sendEvents({ events, format, to: outgoing })
      .catch((error: Error) => input.log({ level: 'error', msg: 'events', path: c.req.path, error: error.stack }))
      .finally(release)
    // A copy: its head may be added to.
    return RESPONSE_ALREADY_SENT.clone()
  }
  app.get(ROUTES.changes.path, (c) => stream(c, use.changes))
  app.get(ROUTES.events.path, (c) => {
    // Asked before the stream begins, where an unknown task can still be told.
    const id = c.req.param('id')
    use.task(id)
    const asked = eventsQuery(new URL(c.req.url).searchParams, c.req.header('last-event-id'))
    return stream(c, (signal) => use.events(id, asked, signal))
  })
  app.get(
    ROUTES.output.path,
    async (c) =>
      new Response(ReadableStream.from(await begun(use.output(c.req.param('id'), c.req.query('turn')))), {
        headers: { 'content-type': 'application/octet-stream' },
      }),
  )
  app.get(ROUTES.diff.path, async (c) => {
    const asked = diffQuery(new URL(c.req.url).searchParams)
    const diff = await begun(use.diff(c.req.param('id'), asked, c.req.raw.signal))
    return new Response(ReadableStream.from(diff), { headers: { 'content-type': 'text/plain; charset=utf-8' } })
  })
  app.post(ROUTES.send.path, async (c) =>
    c.json(await use.send(c.req.param('id'), sendBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal), 201),
  )
  app.get(ROUTES.work.path, (c) => c.json(use.work(c.req.param('id'), c.req.query('branch'))))
  app.post(ROUTES.fork.path, async (c) =>
    c.json(await use.fork(c.req.param('id'), forkBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal), 201),
  )
  app.get(ROUTES.queue.path, (c) => c.json(use.queue(c.req.param('id'))))
  app.put(ROUTES.edit.path, async (c) => {
    const { id, turn } = c.req.param()
    const { prompt } = editBody.parse(await bodyOf(c.req.raw))
    return c.json(await use.edit(id, turnOf(turn), prompt, c.req.raw.signal))
  })
  app.delete(ROUTES.withdraw.path, async (c) =>
    c.json(await use.withdraw(c.req.param('id'), turnOf(c.req.param('turn')))),
  )
  app.post(ROUTES.resume.path, async (c) =>
    c.json(await use.resume(c.req.param('id'), resumeBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal), 201),
  )
  app.post(ROUTES.stop.path, async (c) =>
    c.json(await use.stop(c.req.param('id'), stopBody.parse(await bodyOf(c.req.raw)).now)),
  )
  app.post(ROUTES.exec.path, () => {
    throw new BerthError('bad-request', 'exec: the request has to upgrade its connection to berth-exec')
  })
  app.post(ROUTES.push.path, async (c) =>
    c.json(await use.push(c.req.param('id'), pushBody.parse(await bodyOf(c.req.raw)))),
  )
  app.post(ROUTES.archive.path, async (c) =>
    c.json(await use.archive(c.req.param('id'), archiveBody.parse(await bodyOf(c.req.raw)).force)),
  )
  app.post(ROUTES.unarchive.path, async (c) => c.json(await use.unarchive(c.req.param('id'))))
  app.post(ROUTES.authStatus.path, async (c) =>
    c.json(await use.authStatus(authBody.parse(await bodyOf(c.req.raw)), c.req.raw.signal)),
  )
  app.post(ROUTES.prune.path, async (c) => c.json(await use.prune(pruneBody.parse(await bodyOf(c.req.raw)))))
  app.delete(ROUTES.remove.path, async (c) =>
    c.json(await use.remove(c.req.param('id'), removeBody.parse(await bodyOf(c.req.raw)).force)),
  )
  return app
}
