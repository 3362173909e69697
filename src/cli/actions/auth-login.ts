import type { Problem } from '../../api/answers.ts'
import type { SignInState } from '../../api/bodies.ts'
import { callerContextOf } from '../../client/caller-context.ts'
import { type Client, client, problemError } from '../../client/client.ts'
import { type ForwardedPort, forwardPort } from '../../client/forward-port.ts'
import { BerthError } from '../../domain/errors.ts'
import { decodeExec, EXEC, EXEC_PROTOCOL, type ExecFrame, encodeExec } from '../../domain/exec-frame.ts'
import { DEFAULT_LOGIN } from '../../domain/login-name.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { Context } from '../context.ts'
import { sizeOf } from '../held-terminal.ts'
import { joinProgram } from '../join-program.ts'

export type AuthLoginOptions = {
  readonly name?: string
  readonly service?: string
  readonly browser?: boolean
  readonly profile?: string
  readonly json?: boolean
}

type Begun = Extract<SignInState, { id: string }>
type Stored = Extract<SignInState, { login: object }>['login']

/** The first frame, which says that the CLI starts. */
const begun = async (frames: AsyncIterator<ExecFrame>): Promise<Begun> => {
  const first = await frames.next()
  if (first.done) throw new BerthError('supervisor-unreachable', 'the supervisor ended; nothing was stored')
  const { kind, data } = first.value
  if (kind === EXEC.failed) throw problemError(JSON.parse(data.toString()) as Problem)
  return JSON.parse(data.toString()) as Begun
}

/** The browser of this machine reaches the CLI in the container by the port that its issuer sends it to. */
const openCallback = async (
  { stderr }: Context,
  api: Client,
  { id, callbackPort }: Begun,
): Promise<ForwardedPort | undefined> => {
  if (callbackPort === null) return undefined
  const failed = (error: Error) => void stderr.write(`berth: ${terminalLine(error.message)}\n`)
  return await forwardPort({ api, id, port: callbackPort, hostPort: callbackPort, failed, connected: () => {} })
}

const openingOf = (context: Context, options: AuthLoginOptions, tty: boolean) => {
  const { name = DEFAULT_LOGIN, service, browser = false, profile } = options
  const { columns, rows } = sizeOf(context)
  return {
    name,
    browser,
    ...(service === undefined ? {} : { service }),
    ...(profile === undefined ? {} : { profile }),
    tty: tty ? { columns: columns || 80, rows: rows || 24, term: context.env['TERM'] || 'xterm' } : null,
    caller: callerContextOf(context),
  }
}

const told = ({ provider, name, who, plan }: Stored): string => {
  const of = [who, plan].flatMap((word) => (word === null ? [] : [terminalLine(word)])).join(', ')
  return `${provider}/${name}${of === '' ? '' : `: ${of}`}`
}

/** Runs the agent's own login in a container, on this terminal, and stores what comes of it. */
export const authLoginAction = async (
  context: Context,
  provider: string,
  options: AuthLoginOptions,
): Promise<number> => {
  const { stdin, stdout, stderr } = context
  const tty = stdin.isTTY === true && stdout.isTTY === true
  const api = client(context)
  // Starts a supervisor where none runs.
  await api.ask('status', {})
  const connection = await api.upgrade('signIn', { id: provider }, EXEC_PROTOCOL)
  connection.on('error', () => {})
  connection.write(encodeExec(EXEC.open, JSON.stringify(openingOf(context, options, tty))))
  stderr.write("berth: starting the agent's own login in a container\n")
  const frames = decodeExec(connection as AsyncIterable<Buffer>)
  let stored: Stored | undefined
  const state = (data: Buffer) => {
    stored = (JSON.parse(data.toString()) as { readonly login: Stored }).login
  }
  let callback: ForwardedPort | undefined
  try {
    const first = await begun(frames)
    callback = await openCallback(context, api, first)
    await joinProgram(context, connection, { tty, input: true, frames, state })
  } finally {
    callback?.close()
    connection.destroy()
  }
  if (stored === undefined) throw new BerthError('supervisor-unreachable', 'the supervisor ended; nothing was stored')
  stdout.write(options.json === true ? `${JSON.stringify({ login: stored })}\n` : `logged in: ${told(stored)}\n`)
  return 0
}
