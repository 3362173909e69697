import { client } from '../../client/client.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { DEFAULT_LOGIN } from '../../domain/login-name.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'

export type AuthTokenOptions = { readonly name?: string; readonly service?: string; readonly json?: boolean }

const MOST_BYTES = 64 * 1024

/** A token on a terminal would stay in its scroll-back. */
const readToken = async ({ stdin }: Context, agent: string): Promise<string> => {
  if (stdin.isTTY === true)
    throw new BerthError('usage', '--with-token reads the token from stdin, and that is a terminal', {
      hint: `Write the token into a file: \`berth auth login ${agent} --with-token < FILE\`.`,
    })
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of stdin) {
    size += (piece as Buffer).length
    if (size > MOST_BYTES)
      throw new BerthError('bad-request', '--with-token: stdin has more than 64 KiB, which is no token')
    pieces.push(piece as Buffer)
  }
  const text = Buffer.concat(pieces).toString('utf8').trim()
  if (text === '')
    throw new BerthError('bad-request', '--with-token: stdin has no token', {
      hint: `Pass the token by a file or a pipe: \`berth auth login ${agent} --with-token < FILE\`.`,
    })
  return text
}

/** Stores a token from stdin as a login. */
export const authTokenAction = async (
  context: Context,
  agent: string,
  { name = DEFAULT_LOGIN, service, json = false }: AuthTokenOptions,
): Promise<number> => {
  const token = await readToken(context, agent)
  const body = { agent, name, token, ...(service === undefined ? {} : { service }) }
  const login = await client(context).ask('storeToken', { body })
  const line = `logged in: ${login.agent}/${login.name}${login.who === null ? '' : `: ${terminalLine(login.who)}`}`
  context.stdout.write(`${json ? JSON.stringify({ login }) : line}\n`)
  return EXIT.done
}
