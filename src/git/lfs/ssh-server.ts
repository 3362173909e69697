import * as z from 'zod'
import { urlParts, urlUser } from '../../domain/repository-url.ts'
import { shellWord } from '../../std/shell-word.ts'
import { type Exec, LIMIT, succeeded } from '../exec.ts'
import { gitWords } from '../git-words.ts'
import { LfsProblem } from './problem.ts'
import type { LfsOperation, LfsServer, ServerCall } from './server.ts'

/** Ssh as git itself starts it: by the same variables and settings. A shell's 127 would count as a missing git. */
const SSH = [
  `c=\${GIT_SSH_COMMAND:-$(git config --get core.sshCommand)}`,
  `if [ -n "$c" ]; then eval "$c \\"\\$@\\""; else "\${GIT_SSH:-ssh}" "$@"; fi || return 1`,
].join('; ')
const ALIAS = `alias.berth-lfs=!f() { ${SSH}; }; f`

const authenticated = z.object({
  href: z.string().max(16_384),
  header: z.record(z.string().max(200), z.string().max(16_384)).nullish(),
})

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** An API that may be asked with the server's headers: nothing is sent in the clear over a network. */
const apiOf = (href: string, host: string): string => {
  const url = URL.parse(href)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.includes(url.hostname))
  if (url === null || !isSafe || url.username !== '' || url.password !== '')
    throw new LfsProblem(`${host} named an LFS API that is no https address`)
  return url.href.replace(/\/+$/, '')
}

/** Asks a server by ssh where its LFS API is, and for headers that open it; as git-lfs does. Rejects with LfsProblem. */
export const sshServer = async (
  git: Exec,
  operation: LfsOperation,
  { url, signal }: ServerCall,
): Promise<LfsServer> => {
  const { host = '', port, path = '' } = urlParts(url) ?? {}
  const user = urlUser(url)
  const name = host.replace(/^\[(.*)\]$/, '$1')
  const command = `git-lfs-authenticate ${shellWord(path)} ${operation}`
  const words = [...(port === undefined ? [] : ['-p', port]), user === undefined ? name : `${user}@${name}`, command]
  const said = await git(['-c', ALIAS, 'berth-lfs', ...words], { limitMs: 2 * LIMIT.ask, ...(signal && { signal }) })
  if (!succeeded(said))
    throw new LfsProblem(`${host} names no LFS API by ssh: ${gitWords(said, 2 * LIMIT.ask, 300)}`, 'denied')
  let read: z.infer<typeof authenticated>
  try {
    read = authenticated.parse(JSON.parse(said.stdout.toString()))
  } catch {
    throw new LfsProblem(`${host} did not say where its LFS API is`)
  }
  const headers = Object.fromEntries(
    Object.entries(read.header ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
  )
  return { url: apiOf(read.href, host), headers, own: false, authorize: async () => undefined }
}
