import { isAbsolute } from 'node:path'
import { BerthError } from '../../domain/errors.ts'

/** Where an engine listens, taken apart. tcp with TLS and ssh are further kinds that need a `connect` of their own. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly url: string; readonly path: string }
  | { readonly kind: 'tcp'; readonly url: string; readonly host: string; readonly port: number }

const tcp = (text: string): Endpoint | undefined => {
  const url = URL.parse(text.replace(/^tcp:/, 'http:'))
  if (url === null || url.hostname === '' || url.username !== '' || (url.pathname !== '/' && url.pathname !== '')) {
    return undefined
  }
  const port = url.port === '' ? 2375 : Number(url.port)
  return { kind: 'tcp', url: `tcp://${url.host}`, host: url.hostname.replace(/^\[|\]$/g, ''), port }
}

/** `unix:///path`, a path alone, `tcp://host:port`; throws `unknown-engine` for everything else. */
export const parseEndpoint = (text: string): Endpoint => {
  const path = text.startsWith('unix://') ? text.slice('unix://'.length) : text
  if (isAbsolute(path)) return { kind: 'unix', url: `unix://${path}`, path }
  const found = /^(tcp|http):\/\//.test(text) ? tcp(text) : undefined
  if (found !== undefined) return found
  if (text.startsWith('ssh://')) {
    throw new BerthError('engine-elsewhere', `${text}: an engine on another machine is not supported`)
  }
  throw new BerthError('unknown-engine', `${text}: not an engine's address`, {
    hint: 'Use docker, podman, unix:///path/to/socket or tcp://host:port.',
  })
}
