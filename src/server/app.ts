import { type Context, Hono } from 'hono'
import type { StatusAnswer } from '../api/answers.ts'
import { ROUTES } from '../api/contract.ts'
import { WANTS_CALLER } from '../api/headers.ts'
import type { Route } from '../api/route.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { askedOf } from './asked-of.ts'
import { handlers } from './handlers.ts'
import { problem } from './problem.ts'
import { type Env, streams } from './streams.ts'

type Input = {
  readonly use: UseCases
  readonly status: () => Omit<StatusAnswer, 'api'>
  readonly shutdown: () => void
  readonly log: (line: Readonly<Record<string, unknown>>) => void
  readonly touch: () => () => void
  /** True while a task waits for a caller's environment. */
  readonly wantsCallerContext: () => boolean
}

/** Answers a row's route; what it is given is what the row's schemas made of the request. */
type Responder = (asked: object, c: Context<Env>) => Response | Promise<Response>

/** The responder of each row. The tables' types hold the handlers to the rows; here a row's type is not known any more. */
const responders = (input: Input): ReadonlyMap<string, Responder> => {
  const json = Object.entries(handlers(input)).map(([name, handler]): [string, Responder] => {
    const { status } = ROUTES[name as keyof typeof ROUTES]
    const answer = handler as (asked: object, signal: AbortSignal) => unknown
    return [name, async (asked, c) => c.json((await answer(asked, c.req.raw.signal)) as object, status as 200)]
  })
  return new Map([...json, ...(Object.entries(streams(input)) as [string, Responder][])])
}

/** Of a route that upgrades the connection: this is a request that does not. */
const noUpgrade =
  (name: string, protocol: string): Responder =>
  () => {
    throw new BerthError('bad-request', `${name}: the request has to upgrade its connection to ${protocol}`)
  }

const notFound = (path: string) => ({
  type: 'about:blank',
  title: 'not found',
  status: 404,
  code: 'not-found',
  detail: `no such route: ${path}`,
  hint: '',
})

/** The HTTP API over the use cases: a route for each row of ROUTES. */
export const makeApp = (input: Input): Hono<Env> => {
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    const release = input.touch()
    try {
      await next()
      if (input.wantsCallerContext()) c.res.headers.set(WANTS_CALLER, '1')
    } finally {
      release()
    }
  })
  app.onError((error, c) => {
    const answer = problem(error)
    if (answer.code === 'internal') input.log({ level: 'error', msg: 'request', path: c.req.path, error: error.stack })
    return c.json(answer, answer.status as 400, { 'content-type': 'application/problem+json' })
  })
  app.notFound((c) => c.json(notFound(c.req.path), 404))
  const respond = responders(input)
  for (const [name, row] of Object.entries<Route>(ROUTES)) {
    const responder = 'protocol' in row.answer ? noUpgrade(name, row.answer.protocol) : respond.get(name)
    if (responder === undefined) throw new Error(`route ${name} has no handler`)
    app.on(row.method, row.path, async (c) => responder(await askedOf(row, c.req.raw, c.req.param()), c))
  }
  return app
}
