import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import { DEFAULT_LOGIN, type LoginId, loginCommand, loginReference } from '../../domain/login-name.ts'
import { loginVersion } from '../../domain/login-version.ts'
import type { RefreshLogin } from '../../egress/egress.ts'
import type { LoginService } from '../../providers/provider.ts'
import { unlessAborted } from '../../std/abort.ts'
import { keyedLock } from '../../std/keyed-lock.ts'
import type { KeptLogin, LoginHolder, LoginState, Logins } from '../credential.ts'
import { keepFresh } from './keep-fresh.ts'
import { type LentLogins, lentLogins } from './lent-logins.ts'
import { type LoginFiles, loginFiles } from './login-files.ts'
import { loginRefresher } from './refresh-login.ts'
import { isExpired, refreshTime } from './refresh-time.ts'

type Input = {
  /** The folder of the logins. */
  readonly folder: string
  readonly serviceOf: (login: Login) => LoginService | undefined
  readonly refresh: RefreshLogin
  readonly now: () => Date
}

const called = ({ provider, name }: LoginId) => `the login ${provider}/${name}`
const blocked = (reason: string, id: LoginId): LoginState => ({
  kind: 'blocked',
  reason: `${reason}: run \`${loginCommand(id)}\``,
})
const missing = (id: LoginId) =>
  new BerthError('no-login', `there is no login ${id.provider}/${id.name}`, {
    hint: `List the logins with \`berth auth status\`, or make this one: \`${loginCommand(id)}\`.`,
  })

/** How a login stands by what is on the disk. `refresh`: it has to be refreshed first; it is `urgent` where the token is dead. */
const standing = (
  id: LoginId,
  login: Login | null,
  { refused, now }: { readonly refused: string | undefined; readonly now: Date },
): LoginState | { readonly kind: 'refresh'; readonly login: Login; readonly urgent: boolean } => {
  if (login === null) return blocked(`there is no login ${id.provider}/${id.name}`, id)
  if (login.problem !== null) return blocked(`${called(id)} does not work any more (${login.problem})`, id)
  const version = loginVersion(login)
  const isRefused = version === refused
  const expired = isExpired(login, now)
  if (login.refresh === null) {
    if (isRefused) return blocked(`the model refuses the token of ${called(id)}`, id)
    return expired ? blocked(`${called(id)} expired at ${login.expiresAt}`, id) : { kind: 'ready', login, version }
  }
  const due = (refreshTime(login) ?? Number.POSITIVE_INFINITY) <= now.getTime()
  return isRefused || due ? { kind: 'refresh', login, urgent: isRefused || expired } : { kind: 'ready', login, version }
}

const chosenOf = (files: LoginFiles, provider: string): string | null => {
  const named = files.chosen(provider)
  const there = files.ids().flatMap((id) => (id.provider === provider ? [id.name] : []))
  if (named !== null && there.includes(named)) return named
  if (there.includes(DEFAULT_LOGIN)) return DEFAULT_LOGIN
  return there.length === 1 ? (there[0] ?? null) : null
}

type Fresh = Parameters<Logins['fresh']>[1]

/** Who waits for a login to be stored. */
const waiters = () => {
  const all = new Map<string, PromiseWithResolvers<void>>()
  return {
    next(id: LoginId): Promise<void> {
      const key = loginReference(id)
      const waiting = all.get(key) ?? Promise.withResolvers<void>()
      all.set(key, waiting)
      return waiting.promise
    },
    tell(id: LoginId): void {
      const key = loginReference(id)
      all.get(key)?.resolve()
      all.delete(key)
    },
  }
}

const usersOf = (tasks: readonly string[], lentTo: string | null): Pick<KeptLogin, 'tasks' | 'lentTo'> => ({
  tasks: lentTo === null ? tasks : [...new Set([...tasks, lentTo])],
  lentTo,
})

const listed = async (parts: {
  readonly files: LoginFiles
  readonly read: Logins['find']
  readonly lent: LentLogins
  readonly tasks: (id: LoginId) => readonly string[]
}): ReturnType<Logins['list']> => {
  const { files, read, lent, tasks } = parts
  const ids = files.ids()
  const found = await Promise.allSettled(ids.map(read))
  const kept = found.flatMap((one) => (one.status === 'fulfilled' && one.value !== null ? [one.value] : []))
  const broken = ids.flatMap((id, at) => {
    const one = found[at]
    return one?.status === 'rejected' ? [{ ...id, problem: (one.reason as Error).message }] : []
  })
  return {
    logins: kept.map((login) => ({
      login,
      chosen: chosenOf(files, login.provider) === login.name,
      lastUsed: files.lastUsed(login),
      ...usersOf(tasks(login), lent.to(login)),
    })),
    broken,
  }
}

const lending = (parts: {
  readonly lent: LentLogins
  readonly files: LoginFiles
  readonly fresh: (id: LoginId, asked: Fresh, task: string) => Promise<LoginState>
  readonly now: () => Date
}): Pick<Logins, 'lend' | 'adoptLent' | 'giveBack'> => {
  const { lent, files, fresh, now } = parts
  return {
    async lend(id, { task, ...asked }) {
      // Before the look: nobody else may begin a refresh behind it.
      const isOurs = lent.take(id, task)
      const state = await fresh(id, asked, task)
      if (isOurs && state.kind !== 'ready') lent.giveBack(task)
      else if (isOurs) files.used(id, now())
      return state
    },
    adoptLent: (id, task) => void lent.take(id, task),
    giveBack: lent.giveBack,
  }
}

/** The logins of a state folder, as files; one supervisor at a time. */
export const logins = ({ folder, serviceOf, refresh, now }: Input): Logins => {
  const files = loginFiles(folder, serviceOf)
  const refresher = loginRefresher({ files, serviceOf, refresh })
  const alone = keyedLock()
  const waiting = waiters()
  const read = (id: LoginId) => alone(loginReference(id), () => files.read(id))

  const lent = lentLogins()

  const fresh = async (id: LoginId, { company, refused, signal }: Fresh, task?: string): Promise<LoginState> => {
    const first = standing(id, await read(id), { refused, now: now() })
    const to = lent.to(id)
    if (first.kind !== 'blocked' && to !== null && to !== task)
      return { kind: 'late', reason: `${called(id)} is lent to ${to}` }
    if (first.kind !== 'refresh') return first
    const why = await unlessAborted(refresher.refresh(first.login, company, first.urgent), signal)
    const then = standing(id, await read(id), { refused, now: now() })
    if (then.kind === 'ready') upkeep.tell(id)
    if (then.kind !== 'refresh') return then
    if (!then.urgent) return { kind: 'ready', login: then.login, version: loginVersion(then.login) }
    const what = refused === undefined ? 'has expired' : 'was refused by the model'
    return { kind: 'late', reason: `the token of ${called(id)} ${what}, and its issuer gives no new one: ${why}` }
  }
  const upkeep = keepFresh({ read, fresh, now })

  const changed = (login: Login): void => {
    refresher.forget(login)
    waiting.tell(login)
    upkeep.tell(login)
  }

  return {
    list: () => listed({ files, read, lent, tasks: upkeep.tasks }),
    find: read,
    chosen: (provider) => chosenOf(files, provider),
    async put(login) {
      await alone(loginReference(login), () => files.replace(login))
      changed(login)
    },
    async choose(id) {
      if (!files.has(id)) throw missing(id)
      await files.choose(id)
    },
    async remove(id) {
      if (!files.has(id)) throw missing(id)
      await alone(loginReference(id), () => files.remove(id))
    },
    fresh,
    ...lending({ lent, files, fresh, now }),
    async replace(login, version) {
      const isReplaced = await alone(loginReference(login), () => files.replaceVersion(login, version))
      if (isReplaced) changed(login)
      return isReplaced
    },
    refuse: (id, version) =>
      alone(loginReference(id), async () => {
        const login = await files.read(id)
        if (login === null || login.refresh !== null || loginVersion(login) !== version) return
        await files.write({ ...login, problem: 'the model refuses its token' })
      }),
    hold(holder: LoginHolder) {
      const { id, onToken } = holder
      files.used(id, now())
      return upkeep.hold({
        ...holder,
        onToken(login, version) {
          // It may have been stored only now.
          files.used(id, now())
          onToken(login, version)
        },
      })
    },
    stored: (id, signal) => unlessAborted(waiting.next(id), signal),
  }
}
