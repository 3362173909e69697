import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { DEFAULT_LOGIN } from '../../domain/login-name.ts'
import type { Context } from '../context.ts'

export type LogoutOptions = { readonly name?: string; readonly force?: boolean; readonly json?: boolean }
export type UseOptions = { readonly json?: boolean }

export const logoutAction = async (
  context: Context,
  agent: string,
  { name = DEFAULT_LOGIN, force = false, json = false }: LogoutOptions,
): Promise<number> => {
  const removed = await client(context).ask('logout', { body: { agent, name, force } })
  const { stdout, stderr } = context
  stdout.write(json ? `${JSON.stringify(removed)}\n` : `removed the login ${agent}/${name}\n`)
  stderr.write(
    'berth: the session at the issuer goes on; end it in your account there if somebody else may have the token\n',
  )
  return EXIT.done
}

export const useAction = async (
  context: Context,
  agent: string,
  name: string,
  { json = false }: UseOptions,
): Promise<number> => {
  const chosen = await client(context).ask('useLogin', { body: { agent, name } })
  context.stdout.write(
    json ? `${JSON.stringify(chosen)}\n` : `tasks of ${agent} without a key use the login ${name} from now on\n`,
  )
  return EXIT.done
}
