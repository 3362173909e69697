import { type Cli, jsonOf } from './cli.ts'
import type { SecretBook } from './secrets.ts'

/** A key or a login that the person has. */
export type Credential = {
  readonly agent: string
  readonly kind: 'key' | 'login'
  /** The key's variable, or the login's name. */
  readonly name: string
  /** A login that an issuer renews. */
  readonly renews: boolean
}

type Check = { readonly verdict: string; readonly detail: string } | null

type AuthStatus = {
  readonly credentials: readonly {
    readonly agent: string
    readonly variable: string
    readonly found: boolean
    readonly check: Check
  }[]
  readonly logins: readonly {
    readonly agent: string
    readonly name: string
    readonly kind: 'subscription' | 'token' | null
    readonly who: string | null
    readonly expiresAt: string | null
    readonly check: Check
  }[]
}

export const authStatus = (cli: Cli, ...more: readonly string[]): Promise<AuthStatus> =>
  jsonOf<AuthStatus>(cli, 'auth', 'status', ...more)

/** Names an agent's credential for people. */
export const credentialName = ({ agent, kind, name }: Credential): string =>
  kind === 'key' ? `${agent} with ${name}` : `${agent} with the login ${name}`

/** All that there is, and what is missing in words. */
export const findCredentials = async (cli: Cli, secrets: SecretBook, only: readonly string[]) => {
  const { credentials, logins } = await authStatus(cli)
  for (const { who } of logins) secrets.add(who)
  const agents = [...new Set(credentials.map(({ agent }) => agent))].filter(
    (agent) => only.length === 0 || only.includes(agent),
  )
  const found = agents.flatMap((agent): readonly Credential[] => [
    ...credentials
      .filter((one) => one.agent === agent && one.found)
      .map(({ variable }) => ({ agent, kind: 'key' as const, name: variable, renews: false })),
    ...logins
      .filter((one) => one.agent === agent)
      .map(({ name, kind, expiresAt }) => {
        const renews = kind === 'subscription' && expiresAt !== null
        return { agent, kind: 'login' as const, name, renews }
      }),
  ])
  const missing = agents.flatMap((agent) => [
    ...credentials
      .filter((one) => one.agent === agent && !one.found)
      .map(({ variable }) => `${agent}: set ${variable}`),
    ...(logins.some((one) => one.agent === agent) ? [] : [`${agent}: \`berth auth login ${agent}\``]),
  ])
  // The keys themselves are hidden in all that is written, whatever comes by later.
  for (const { kind, name } of found) if (kind === 'key') secrets.add(process.env[name])
  return { found, missing }
}
