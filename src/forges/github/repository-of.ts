import { urlParts } from '../../domain/repository-url.ts'

/** Accounts that a company manages have an underscore before its short name. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/

/** OWNER/NAME, and no other path of a URL. */
export const isRepositoryName = (text: unknown): text is string => typeof text === 'string' && NAME.test(text)

/** OWNER/NAME of a git URL on this HOST[:PORT]; undefined for any other. No token goes over plain http. */
export const repositoryOf = (host: string, url: string): string | undefined => {
  const parts = urlParts(url)
  if (parts === undefined) return undefined
  const { transport, path, port } = parts
  const named = parts.host.toLowerCase()
  const there =
    transport === 'https' ? [named, ...(port === undefined || port === '443' ? [] : [port])].join(':') : named
  const own = transport === 'https' ? host : host.replace(/:\d+$/, '')
  const isOwn = there === own || (transport === 'ssh' && there === `ssh.${own}`)
  if ((transport !== 'https' && transport !== 'ssh') || !isOwn) return undefined
  const name = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  return isRepositoryName(name) ? name : undefined
}

/** The two parts of OWNER/NAME, as GitHub's routes want them. */
export const slug = (repository: string) => {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo }
}
