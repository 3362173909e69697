import type { Login } from '../../domain/login.ts'
import { type LoginId, loginReference } from '../../domain/login-name.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { pause, unlessAborted } from '../../std/abort.ts'
import { sleepUntil } from '../../std/sleep-until.ts'
import type { LoginHolder, Logins } from '../credential.ts'
import { refreshTime } from './refresh-time.ts'

/** After a look that changed nothing, and after one whose issuer gave no answer. */
const AGAIN_MS = 5000
const LATE_MS = 30_000

type Input = {
  readonly read: (id: LoginId) => Promise<Login | null>
  readonly fresh: Logins['fresh']
  readonly now: () => Date
}

type Kept = { readonly id: LoginId; readonly holders: Set<LoginHolder>; wake: AbortController; version: string | null }

/** Refreshes the logins that are held before they expire, and tells their holders of each new token. */
export const keepFresh = ({ read, fresh, now }: Input) => {
  const all = new Map<string, Kept>()

  const tell = (kept: Kept, login: Login): void => {
    const version = loginVersion(login)
    if (version === kept.version) return
    kept.version = version
    for (const { onToken } of kept.holders) onToken(login, version)
  }
  /** Until the time has come, or the login is another one. */
  const sleep = async (kept: Kept, time: number | null): Promise<void> => {
    const { signal } = kept.wake
    const { promise: never } = Promise.withResolvers<void>()
    const slept = time === null ? unlessAborted(never, signal) : sleepUntil(new Date(time).toISOString(), now, signal)
    await slept.catch(() => {})
  }
  const renew = async (kept: Kept, { company }: LoginHolder): Promise<void> => {
    const { signal } = kept.wake
    const state = await fresh(kept.id, { company, signal })
    if (state.kind === 'ready' && state.version !== kept.version) tell(kept, state.login)
    else await pause(state.kind === 'late' ? LATE_MS : AGAIN_MS, signal)
  }
  const look = async (kept: Kept): Promise<void> => {
    const login = await read(kept.id)
    if (login !== null) tell(kept, login)
    await sleep(kept, login === null || login.problem !== null ? null : refreshTime(login))
    const [holder] = kept.holders
    if (!kept.wake.signal.aborted && holder !== undefined) await renew(kept, holder)
  }
  const run = async (kept: Kept): Promise<void> => {
    while (kept.holders.size > 0) {
      // A login that cannot be read now may be stored again.
      await look(kept).catch(() => pause(AGAIN_MS, kept.wake.signal).catch(() => {}))
      if (kept.wake.signal.aborted) kept.wake = new AbortController()
    }
  }
  const release = (kept: Kept, holder: LoginHolder): void => {
    kept.holders.delete(holder)
    if (kept.holders.size > 0) return
    all.delete(loginReference(kept.id))
    kept.wake.abort()
  }
  return {
    hold(holder: LoginHolder): Disposable {
      const key = loginReference(holder.id)
      const known = all.get(key)
      const kept: Kept = known ?? { id: holder.id, holders: new Set(), wake: new AbortController(), version: null }
      kept.holders.add(holder)
      if (known === undefined) {
        all.set(key, kept)
        void run(kept)
      }
      // Others may have had it refreshed since this one asked for it.
      const now = read(holder.id).then((login) => {
        if (login !== null && kept.holders.has(holder)) holder.onToken(login, loginVersion(login))
      })
      now.catch(() => {})
      return { [Symbol.dispose]: () => release(kept, holder) }
    },
    /** It has other tokens. */
    tell: (id: LoginId): void => all.get(loginReference(id))?.wake.abort(),
    tasks: (id: LoginId): readonly string[] => [
      ...new Set([...(all.get(loginReference(id))?.holders ?? [])].map(({ task }) => task)),
    ],
  }
}
