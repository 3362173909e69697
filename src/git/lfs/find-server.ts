import { urlParts } from '../../domain/repository-url.ts'
import type { Forge } from '../../forges/forge.ts'
import { type Exec, LIMIT, succeeded } from '../exec.ts'
import type { CallerEnv } from '../git.ts'
import { apiUrl, basic, type FindServer, type LfsOperation, type LfsServer, type ServerCall } from './server.ts'
import { sshServer } from './ssh-server.ts'

type Deps = {
  /** Git with the caller's credential helpers. */
  readonly byCaller: (callerEnv: CallerEnv) => Exec
  /** Git as it reaches this repository, which tells how ssh is started. */
  readonly bySsh: (call: ServerCall) => Exec
  /** The forge that Berth has credentials of its own for. */
  readonly forgeOf: (url: string) => Pick<Forge, 'repositoryOf' | 'token'> | undefined
}

/** Asks git's credential helpers, as git itself does for the repository. */
const askHelpers = async (git: Exec, url: URL, signal: AbortSignal | undefined): Promise<string | undefined> => {
  const user = url.username === '' ? '' : `username=${decodeURIComponent(url.username)}\n`
  const asked = await git(['credential', 'fill'], {
    limitMs: LIMIT.ask,
    stdin: `protocol=${url.protocol.replace(':', '')}\nhost=${url.host}\npath=${url.pathname.slice(1)}\n${user}\n`,
    ...(signal && { signal }),
  })
  if (!succeeded(asked)) return undefined
  const lines = asked.stdout.toString().split('\n')
  const answerOf = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
  const [name, password] = [answerOf('username'), answerOf('password')]
  return name === undefined || password === undefined ? undefined : basic(name, password)
}

const byForge = (
  forge: Pick<Forge, 'token'>,
  repository: string,
  operation: LfsOperation,
  { callerEnv, onToken, signal = new AbortController().signal }: ServerCall,
): LfsServer['authorize'] => {
  const permissions = { contents: operation === 'upload' ? 'write' : 'read' } as const
  return async () => {
    const { user, value, expiresAt } = await forge.token({ repository, permissions }, { callerEnv, signal })
    onToken?.({ value, expiresAt, repository, permissions })
    return basic(user, value)
  }
}

const byHttp = ({ byCaller, forgeOf }: Deps, operation: LfsOperation, call: ServerCall): LfsServer => {
  const url = new URL(call.url)
  const forge = url.protocol === 'https:' ? forgeOf(call.url) : undefined
  const repository = forge?.repositoryOf(call.url)
  const own = forge !== undefined && repository !== undefined
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return {
    url: apiUrl(bare.href),
    headers: {},
    own,
    authorize: own
      ? byForge(forge, repository, operation, call)
      : () => askHelpers(byCaller(call.callerEnv), url, call.signal),
  }
}

/** Finds the LFS API of a repository by its own URL alone: nothing that a repository says of itself counts. */
export const serverFinder =
  (deps: Deps): FindServer =>
  async (operation, call) => {
    const transport = urlParts(call.url)?.transport
    if (transport === 'https' || transport === 'http') return byHttp(deps, operation, call)
    return await sshServer(deps.bySsh(call), operation, call)
  }
