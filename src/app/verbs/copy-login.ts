import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { Login } from '../../domain/login.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { LOGIN_BYTES } from '../../domain/worker-protocol.ts'
import type { LoginService } from '../../providers/provider.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Deps } from '../deps.ts'
import { loginServiceOf, refuseLoginName } from './login-service.ts'
import { loginFailed, newLogin } from './new-login.ts'
import { programWords } from './program-words.ts'

/** Where the user's own CLI keeps its login: below the home, or in the folder that its variable names. */
const pathOf = ({ file }: LoginService, env: CallerContext['env']): string => {
  const { path, folder } = file
  const own = folder === undefined ? undefined : env[folder.variable]
  if (folder !== undefined && own !== undefined && own !== '') return join(own, path.slice(folder.path.length + 1))
  return join(env['HOME'] ?? '/', path)
}

const textOf = async (path: string): Promise<string> => {
  const found = await stat(path)
  if (!found.isFile()) throw new Error(`${path} is no file`)
  if (found.size > LOGIN_BYTES) throw new Error(`${path} has ${found.size} bytes, over the limit of ${LOGIN_BYTES}`)
  return await readFile(path, 'utf8')
}

/** Stores a copy of the login that the user's own CLI has on this machine. */
export const copyLogin = async (
  deps: Pick<Deps, 'clock' | 'config' | 'installation' | 'logins'>,
  asked: {
    readonly agent: string
    readonly service: string | undefined
    readonly name: string
    readonly caller: CallerContext
  },
): Promise<Login> => {
  const { provider, service } = loginServiceOf(deps, asked.agent, asked.service)
  const about = { provider: provider.id, name: asked.name, kind: 'subscription', service: service.id } as const
  refuseLoginName(asked.name)
  const toolbox = await deps.installation.toolbox()
  if (toolbox === undefined) throw new BerthError('toolbox-missing', 'the toolbox with the agent CLIs is not installed')
  const path = pathOf(service, asked.caller.env)
  try {
    const [text, words] = await Promise.all([textOf(path), programWords(service, toolbox.path)])
    const now = deps.clock.now()
    const read = () => {
      const part = service.file.read(text, now)
      return { ...part, extra: { ...part.extra, ...words } }
    }
    const login = newLogin({ ...about, issuer: deps.config.settings().loginIssuer }, read, now)
    await deps.logins.put(login)
    return login
  } catch (error) {
    if (error instanceof BerthError) throw error
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw loginFailed(about, isAbsent ? `--login-from-host: there is no ${path}` : errorMessage(error), error)
  }
}

/** The name of a login that `run` copies, unless --login names another one. */
const FROM_HOST = 'host'

/** The request of a task that wants a copy of the login of the user's own CLI. */
export const hostLogin = async (
  deps: Parameters<typeof copyLogin>[0],
  request: TaskRequest,
  caller: CallerContext,
): Promise<TaskRequest> => {
  const { agent, model = null, login: name = FROM_HOST } = request
  const fitting = deps.config.providers.get(agent)?.logins?.find(({ matches }) => matches?.(model) ?? true)
  await copyLogin(deps, { agent, service: fitting?.id, name, caller })
  return { ...request, login: name }
}
