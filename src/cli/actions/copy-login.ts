import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { DEFAULT_LOGIN } from '../../domain/login-name.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { warnOfHostLogin } from '../host-login-warning.ts'

export type CopyLoginOptions = { readonly name?: string; readonly service?: string; readonly json?: boolean }

/** Stores a copy of the login of the user's own CLI. */
export const copyLoginAction = async (
  context: Context,
  agent: string,
  { name = DEFAULT_LOGIN, service, json = false }: CopyLoginOptions,
): Promise<number> => {
  const body = { agent, name, caller: callerContextOf(context), ...(service === undefined ? {} : { service }) }
  const login = await client(context).ask('copyLogin', { body })
  warnOfHostLogin(context)
  const line = `copied: ${login.agent}/${login.name}${login.who === null ? '' : `: ${terminalLine(login.who)}`}`
  context.stdout.write(`${json ? JSON.stringify({ login }) : line}\n`)
  return EXIT.done
}
