import { spawn } from '../../std/spawn.ts'
import type { RegistryLogin } from '../engine.ts'

/** A registry's entry in a file of logins; empty where a credential helper has the login. */
export type Entry = {
  readonly auth?: string
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
}

/** A helper asks a keychain, and that perhaps its user. */
const HELPER_MS = 60_000
/** The name by which a helper says that the secret is an identity token. */
const TOKEN = '<token>'

export const entryLogin = (entry: Entry | undefined): RegistryLogin | undefined => {
  if (entry === undefined) return undefined
  if (entry.identitytoken) return { identityToken: entry.identitytoken }
  const text = entry.auth ? Buffer.from(entry.auth, 'base64').toString('utf8') : ''
  const at = text.indexOf(':')
  if (at > 0) return { username: text.slice(0, at), password: text.slice(at + 1).replace(/\0+$/, '') }
  return entry.username && entry.password ? { username: entry.username, password: entry.password } : undefined
}

/** Asks `docker-credential-HELPER`. Undefined where the program is missing, fails or has no login for that server. */
export const helperLogin = async (
  question: { readonly helper: string; readonly server: string; readonly env: Readonly<Record<string, string>> },
  signal?: AbortSignal,
): Promise<RegistryLogin | undefined> => {
  const { helper, server, env } = question
  if (!/^[\w.-]+$/.test(helper)) return undefined
  const limits = { limitMs: HELPER_MS, maxBytes: 1024 * 1024, ...(signal === undefined ? {} : { signal }) }
  const { code, stdout } = await spawn(`docker-credential-${helper}`, ['get'], { env, stdin: server, ...limits })
  if (code !== 0) return undefined
  try {
    const { Username: username, Secret: secret } = JSON.parse(stdout.toString()) as Record<string, unknown>
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
    return username === TOKEN ? { identityToken: secret } : { username, password: secret }
  } catch {
    return undefined
  }
}
