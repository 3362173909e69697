import type { RegistryLogin } from '../engine.ts'

/** The header by which an engine takes a login; both decode it with the padding. */
export const registryHeader = (login: RegistryLogin | undefined): Readonly<Record<string, string>> => {
  const body =
    login === undefined
      ? {}
      : 'identityToken' in login
        ? { identitytoken: login.identityToken }
        : { username: login.username, password: login.password }
  const text = Buffer.from(JSON.stringify(body)).toString('base64')
  return { 'X-Registry-Auth': text.replaceAll('+', '-').replaceAll('/', '_') }
}
