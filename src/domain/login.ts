/**
 * A login of a subscription, as Berth keeps it: `<state>/logins/PROVIDER/NAME/login.json`. No task gets this file.
 */
export type Login = {
  readonly v: 1
  /** Id of the provider, and the name that the user gave. */
  readonly provider: string
  readonly name: string
  /** subscription: of an account, its tokens expire. token: one that lives long and is not refreshed. */
  readonly kind: 'subscription' | 'token'
  /** Id of the provider's LoginService. */
  readonly service: string
  readonly access: string
  readonly refresh: string | null
  /** Of the access token, ISO 8601; null: unknown, or never. */
  readonly expiresAt: string | null
  /** Id of the account, for the header that names it. */
  readonly account: string | null
  /** Who it is by the issuer's word, for people. */
  readonly who: string | null
  readonly plan: string | null
  readonly scopes: string | null
  /** What the CLI's own credential file holds beside, by its field. */
  readonly extra: Readonly<Record<string, string>>
  /** Base URL in place of the issuer's own origin. */
  readonly issuer: string | null
  /** ISO 8601. */
  readonly createdAt: string
  readonly refreshedAt: string | null
  /** Why it does not work any more, in the issuer's words. */
  readonly problem: string | null
}
