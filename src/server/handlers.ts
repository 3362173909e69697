import type { StatusAnswer } from '../api/answers.ts'
import { API_VERSION } from '../api/contract.ts'
import type { Answer, Asked, JsonRoute } from '../api/route-types.ts'
import type { UseCases } from '../app/use-cases.ts'
import { nameAndValue } from '../std/name-and-value.ts'
import type { TaskFilter } from '../store/store.ts'

type Handlers = {
  readonly [N in JsonRoute]: (asked: Asked<N>, signal: AbortSignal) => Answer<N> | Promise<Answer<N>>
}

const taskFilter = ({ state, label, agent, limit, all, archived }: Asked<'list'>['query']): TaskFilter => ({
  all,
  ...(archived ? { archived } : {}),
  labels: Object.fromEntries(label.map(nameAndValue)),
  ...(state.length > 0 ? { states: state } : {}),
  ...(agent === undefined ? {} : { provider: agent }),
  ...(limit === undefined ? {} : { limit }),
})

/** What each route that answers with JSON calls. No handler decides anything. */
export const handlers = ({
  use,
  status,
  shutdown,
}: {
  readonly use: UseCases
  readonly status: () => Omit<StatusAnswer, 'api'>
  readonly shutdown: () => void
}): Handlers => ({
  status: () => ({ api: API_VERSION, ...status() }),
  shutdown: () => {
    shutdown()
    return {}
  },
  rebuild: () => use.rebuild(),
  callerContext: ({ body }) => {
    use.bringCallerContext(body.caller)
    return {}
  },
  submit: ({ body }, signal) => use.submit(body, signal),
  plan: ({ body }, signal) => use.plan(body, signal),
  startSessions: ({ body }, signal) => use.startSessions(body, signal),
  list: ({ query }) => ({ tasks: use.list(taskFilter(query)) }),
  providers: async ({ body }) => ({ providers: await use.providers(body.caller) }),
  usage: ({ query }) => ({ usage: use.usage(query.by, query.since) }),
  task: ({ id }) => use.status(id),
  container: ({ id }, signal) => use.container(id, signal),
  send: ({ id, body }, signal) => use.send(id, body, signal),
  work: ({ id, query }) => use.work(id, query),
  recordings: ({ id }) => use.recordings(id),
  result: ({ id, query }) => use.result(id, query.turn),
  fork: ({ id, body }, signal) => use.fork(id, body, signal),
  rules: ({ id }) => use.rules(id),
  queue: ({ id }) => use.queue(id),
  edit: ({ id, turn, body }, signal) => use.edit(id, turn, body.prompt, signal),
  withdraw: ({ id, turn }) => use.withdraw(id, turn),
  resume: ({ id, body }, signal) => use.resume(id, body, signal),
  stop: ({ id, body }) => use.stop(id, body.now),
  allow: ({ id, body }) => use.setRules(id, 'allow', body.targets),
  deny: ({ id, body }) => use.setRules(id, 'deny', body.targets),
  push: ({ id, body }) => use.push(id, body),
  openPullRequest: ({ id, body }) => use.openPullRequest(id, body),
  pullRequest: async ({ id, body }, signal) => ({ pr: await use.pullRequest(id, body.caller, signal) }),
  archive: ({ id, body }) => use.archive(id, body.force),
  unarchive: ({ id }) => use.unarchive(id),
  authStatus: ({ body }, signal) => use.authStatus(body, signal),
  logins: async () => ({ logins: await use.logins() }),
  storeToken: ({ body }) => use.storeToken(body),
  copyLogin: ({ body }) => use.copyLogin(body),
  useLogin: ({ body }) => use.useLogin(body),
  logout: ({ body }) => use.logout(body),
  prune: ({ body }) => use.prune(body),
  removeSpares: async () => ({ removed: await use.removeSpares() }),
  remove: ({ id, body }) => use.remove(id, body),
})
