import type { CompanyNetwork } from '../domain/company-network.ts'
import type { Login } from '../domain/login.ts'
import type { LoginId } from '../domain/login-name.ts'

/** The caller's environment, as it came with a request; kept in memory, never written. */
export type CallerEnv = Readonly<Record<string, string | undefined>>

/** What plans and records hold instead of a secret: `SCHEME:NAME`, e.g. `env:OPENAI_API_KEY`, `file:/run/secrets/key`. */
export type CredentialReference = { readonly scheme: string; readonly name: string }

/** One place that secrets come from. */
export interface CredentialSource {
  readonly scheme: string
  /**
   * The secret that `name` means in the caller's environment, read anew at each call. Rejects with BerthError
   * `no-credentials` that names what is missing; the secret itself stands in no message. No limit of its own: it
   * reads memory or a small local file.
   */
  resolve(name: string, callerEnv: CallerEnv): Promise<string>
  /** The same for a secret of several lines, such as a private key. */
  text(name: string, callerEnv: CallerEnv): Promise<string>
}

export type KeptLogin = {
  readonly login: Login
  /** Tasks of this provider use it unless they name another one. */
  readonly chosen: boolean
  /** ISO 8601; null: never. */
  readonly lastUsed: string | null
  /** The tasks that use it now. */
  readonly tasks: readonly string[]
  /** The task that has its tokens in a container; null: none. */
  readonly lentTo: string | null
}

/** How a login stands when its token is wanted. The reasons are sentences for people. */
export type LoginState =
  /** `version` names the token. */
  | { readonly kind: 'ready'; readonly login: Login; readonly version: string }
  /** Only a person can mend it; the reason has the command. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Nobody can have a token that works now: the issuer gives no answer, or the login is lent. Ask again later. */
  | { readonly kind: 'late'; readonly reason: string }

/** Who uses a login, and hears of each new token. */
export type LoginHolder = {
  readonly id: LoginId
  readonly task: string
  readonly company: CompanyNetwork
  readonly onToken: (login: Login, version: string) => void
}

/**
 * The logins of this state folder. All calls but `chosen` and `list` reject with `login-failed` for a login that cannot
 * be read, or whose file is a link or somebody else's.
 */
export interface Logins {
  /** Those that cannot be read are told as `broken`. */
  list(): Promise<{
    readonly logins: readonly KeptLogin[]
    readonly broken: readonly (LoginId & { readonly problem: string })[]
  }>
  /** Null where there is none. */
  find(id: LoginId): Promise<Login | null>
  /** The login that tasks of this provider use; null where there is none, or several and nobody chose one. */
  chosen(provider: string): string | null
  /** Stores a login, on the disk when it resolves; one of the same name is replaced. */
  put(login: Login): Promise<void>
  /** Rejects with no-login. */
  choose(id: LoginId): Promise<void>
  /** Rejects with no-login. Its lock and its files go. */
  remove(id: LoginId): Promise<void>
  /**
   * The login with a token that works: it is refreshed before it expires, by one process however many ask. `refused`: the
   * version that the model did not take, so that one is not given again.
   */
  fresh(
    id: LoginId,
    asked: { readonly company: CompanyNetwork; readonly refused?: string; readonly signal: AbortSignal },
  ): Promise<LoginState>
  /**
   * The model's own server refused a token that is not refreshed: the login is blocked until a person logs in again. Does
   * nothing if it has another token by now.
   */
  refuse(id: LoginId, version: string): Promise<void>
  /**
   * Gives the login to one task, whose CLI refreshes it in the container: `fresh` leaves it alone until it is given back,
   * and is `late` meanwhile, as `lend` is for other tasks. A login that is not `ready` is not lent.
   */
  lend(
    id: LoginId,
    asked: { readonly task: string; readonly company: CompanyNetwork; readonly signal: AbortSignal },
  ): Promise<LoginState>
  /** A task that has it already, by the word of its journal. */
  adoptLent(id: LoginId, task: string): void
  /** This task has no login any more. Idempotent. */
  giveBack(task: string): void
  /** Stores a login in place of these tokens. False: the login has others by now, or is gone, and stays so. */
  replace(login: Login, version: string): Promise<boolean>
  /** While it is held, it is refreshed in time, and the holder hears of each new token. */
  hold(holder: LoginHolder): Disposable
  /** Resolves when a login of this id was stored. Rejects with the signal. */
  stored(id: LoginId, signal: AbortSignal): Promise<void>
}
