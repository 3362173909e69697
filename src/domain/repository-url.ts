export type Transport = 'https' | 'http' | 'ssh' | 'file'

export type RepositoryUrl = { readonly transport: Transport; readonly name: string }

const TRANSPORT: Readonly<Record<string, Transport>> = {
  https: 'https',
  http: 'http',
  ssh: 'ssh',
  'git+ssh': 'ssh',
  'ssh+git': 'ssh',
  file: 'file',
}
const URL_FORM = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/@]*)@)?(\[[^\]/]*\]|[^/:@[\]]*)(?::([^/]*))?(\/.*)?$/i
const SCP_FORM = /^(?:([^/:@]*)@)?(\[[^\]/]*\]|[^/:@[\]]+):(.*)$/
const HOST = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]+\])$/
const USER = /^[A-Za-z0-9_.~%+][A-Za-z0-9_.~%+-]*$/

/** Reads a remote's URL (`https`, `http`, `ssh`, `file`, or `user@host:path`). A string: what is wrong with it. */
export const urlProblem = (url: string): RepositoryUrl | string => {
  if (/^[a-z0-9+.-]*::/i.test(url)) return 'git transport helpers (`name::`) are not allowed'
  const [, scheme, user, host = '', port, path = ''] = URL_FORM.exec(url) ?? []
  if (scheme === undefined) return url.includes('://') ? 'it is not a well-formed URL' : scpProblem(url)
  const transport = TRANSPORT[scheme.toLowerCase()]
  if (transport === undefined) return `the transport ${scheme}: is not one of https, http, ssh, file`
  if (transport === 'file') {
    if (user !== undefined || port !== undefined || !['', 'localhost'].includes(host)) return 'a file URL names no host'
    return pathProblem(path) ?? { transport, name: lastName(path) }
  }
  if (port !== undefined && !goodPort(port)) return 'its port is not a number from 1 to 65535'
  if (/[?#]/.test(path)) return 'a repository URL has no ? or #'
  return hostProblem(user, host) ?? pathProblem(path) ?? { transport, name: lastName(path) }
}

export type RepositoryParts = {
  readonly transport: Transport
  readonly host: string
  readonly port?: string
  readonly path: string
}

/** The parts of a URL that `urlProblem` takes; undefined for any other. */
export const urlParts = (url: string): RepositoryParts | undefined => {
  const read = urlProblem(url)
  if (typeof read === 'string') return undefined
  const { transport } = read
  const [, scheme, , host = '', port, path = ''] = URL_FORM.exec(url) ?? []
  if (scheme !== undefined) return { transport, host, path, ...(port === undefined ? {} : { port }) }
  const [, , scpHost = '', scpPath = ''] = SCP_FORM.exec(url) ?? []
  return { transport, host: scpHost, path: scpPath }
}

/** The user that such a URL names. */
export const urlUser = (url: string): string | undefined =>
  (URL_FORM.exec(url) ?? []).at(2) ?? (SCP_FORM.exec(url) ?? []).at(1)

const scpProblem = (url: string): RepositoryUrl | string => {
  const [, user, host = '', path = ''] = SCP_FORM.exec(url) ?? []
  if (path === '') return 'it is neither a URL, nor owner/name, nor a folder (write ./name for a folder here)'
  if (path.startsWith('-')) return 'its path begins with a dash, like an option'
  return hostProblem(user, host) ?? pathProblem(path) ?? { transport: 'ssh', name: lastName(path) }
}

const goodPort = (port: string) => /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535

const hostProblem = (user: string | undefined, host: string): string | undefined => {
  if (host === '') return 'it names no host'
  if (host.startsWith('-') || user?.startsWith('-')) return 'its host begins with a dash, like an option'
  if (!HOST.test(host)) return 'its host is not a host name'
  return user !== undefined && !USER.test(user) ? 'its user is not a user name' : undefined
}

const pathProblem = (path: string): string | undefined => {
  if (/\s/.test(path) || /%(00|0a|0d)/i.test(path)) return 'its path has a space or an encoded control character'
  const parts = path.replace(/%2e/gi, '.').split(/\/|%2f/i)
  if (parts.some((part) => part === '..' || part === '.')) return 'its path has a . or .. part'
  return parts.every((part) => part === '' || part === '~') ? 'it names no repository' : undefined
}

const lastName = (path: string): string => {
  const parts = path.split('/').filter((part) => part !== '')
  const last = (parts.at(-1) === '.git' ? parts.at(-2) : parts.at(-1)) ?? ''
  return last.replace(/\.git$/, '') || 'repository'
}
