import type { CompanyNetwork } from '../../domain/company-network.ts'
import type { Login } from '../../domain/login.ts'
import { type LoginId, loginReference } from '../../domain/login-name.ts'
import { loginVersion } from '../../domain/login-version.ts'
import type { RefreshLogin } from '../../egress/egress.ts'
import type { LoginService } from '../../providers/provider.ts'
import type { LoginFiles } from './login-files.ts'

/** The least pause after a failed refresh, where somebody waits for it, and the pauses where the old token still works. */
const URGENT_MS = 1000
const PAUSES_MS = [5000, 15_000, 60_000, 300_000] as const

const urlFor = ({ issuer }: Login, usual: string): string => {
  if (issuer === null) return usual
  const { pathname, search } = new URL(usual)
  return `${issuer.replace(/\/$/, '')}${pathname}${search}`
}

type Failure = { readonly at: number; readonly count: number; readonly why: string }

/** Has logins refreshed: one process for each at a time, however many ask, and not at once again after a failure. */
export const loginRefresher = (input: {
  readonly files: Pick<LoginFiles, 'folderOf'>
  readonly serviceOf: (login: Login) => LoginService | undefined
  readonly refresh: RefreshLogin
}) => {
  const running = new Map<string, Promise<string | null>>()
  const failures = new Map<string, Failure>()
  /** The last tokens that were refreshed: who asks for them has read the login before that. */
  const past = new Map<string, string>()

  const start = async (login: Login, company: CompanyNetwork): Promise<string | null> => {
    const key = loginReference(login)
    const refresh = input.serviceOf(login)?.refresh
    if (refresh == null) return `this version of Berth cannot refresh a login of ${login.service}`
    const version = loginVersion(login)
    if (past.get(key) === version) return null
    const why = await input.refresh({
      folder: input.files.folderOf(login),
      version,
      url: urlFor(login, refresh.url),
      type: refresh.type,
      body: refresh.body(login),
      company,
    })
    if (why === null) {
      failures.delete(key)
      past.set(key, version)
    } else failures.set(key, { at: performance.now(), count: (failures.get(key)?.count ?? 0) + 1, why })
    return why
  }
  const failedLately = (key: string, urgent: boolean): string | null => {
    const failure = failures.get(key)
    if (failure === undefined) return null
    const pause = urgent ? URGENT_MS : (PAUSES_MS[Math.min(failure.count, PAUSES_MS.length) - 1] ?? URGENT_MS)
    return performance.now() - failure.at < pause ? failure.why : null
  }
  return {
    /** Null: the answer lies beside the login. Else why there is none. `urgent`: the token does not work any more. */
    async refresh(login: Login, company: CompanyNetwork, urgent: boolean): Promise<string | null> {
      const key = loginReference(login)
      const under = running.get(key)
      if (under !== undefined) return await under
      const before = failedLately(key, urgent)
      if (before !== null) return before
      const now = start(login, company).finally(() => running.delete(key))
      running.set(key, now)
      return await now
    },
    /** It has other tokens now. */
    forget(id: LoginId): void {
      failures.delete(loginReference(id))
      past.delete(loginReference(id))
    },
  }
}
