/** A host of its own network may be a company's server; github.com's are not. */
const place = (host: string, path: string): string => {
  const isPublic = host === 'github.com' || host === 'api.github.com'
  const named = /:\d+$/.test(host) ? host : `${host}:443`
  return `${named}${isPublic ? '' : ' private'} ${path}`
}

const METHODS = 'GET POST PUT PATCH DELETE'

/**
 * The network rules by which an agent reaches one repository: its git with pushes, and its part of the API, with GraphQL,
 * which names no repository in its path.
 */
export const agentTargets = (
  { host, baseUrl }: { readonly host: string; readonly baseUrl: string },
  repository: string,
): readonly string[] => {
  const api = new URL(baseUrl)
  const root = api.pathname.replace(/\/$/, '')
  const graphql = root === '' ? '/graphql' : `${root.replace(/\/v3$/, '')}/graphql`
  const own = [`${root}/repos/${repository}`, `${root}/repos/${repository}/*`, graphql, `${root}/`, `${root}/user`]
  const git = [`/${repository}`, `/${repository}/*`, `/${repository}.git`, `/${repository}.git/*`]
  return [place(host, `push GET POST ${git.join(' ')}`), place(api.host, `${METHODS} ${own.join(' ')}`)]
}
