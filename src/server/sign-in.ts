import type { Duplex } from 'node:stream'
import { type SignInState, signInOpening } from '../api/bodies.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import { drained } from '../std/drained.ts'
import { problem } from './problem.ts'

type Open = ReturnType<UseCases['signIn']>
type SignIn = Awaited<ReturnType<Open>>

const stateFrame = (state: SignInState): Buffer => encodeExec(EXEC.state, JSON.stringify(state))

/** What the caller says goes to the CLI, until the caller is gone. */
const feed = async (frames: AsyncIterator<ExecFrame>, connection: Duplex): Promise<void> => {
  for (let next = await frames.next(); !next.done; next = await frames.next())
    if (!connection.write(encodeExec(next.value.kind, next.value.data))) await drained(connection)
}

/** Passes on what the CLI shows until it ends, and keeps nothing of it. Null: the connection to it broke. */
const show = async ({ connection }: SignIn, socket: Duplex): Promise<number | null> => {
  for await (const { kind, data } of decodeExec(connection as AsyncIterable<Buffer>)) {
    if (kind === EXEC.exit) return Number(data.toString())
    if (kind === EXEC.failed) {
      const { message } = JSON.parse(data.toString()) as { readonly message?: string }
      throw new BerthError('login-failed', `the agent's CLI could not be started: ${message ?? 'no reason was told'}`)
    }
    if (!socket.write(encodeExec(kind, data))) await drained(socket)
  }
  return null
}

/** Signs in on the caller's terminal. When it is over, nothing is left but the login. */
const run = async (open: Open, socket: Duplex, signal: AbortSignal) => {
  const frames = decodeExec(socket as AsyncIterable<Buffer>)
  const first = await frames.next()
  if (first.done || first.value.kind !== EXEC.open)
    throw new BerthError('bad-request', 'sign-in: the first frame does not open one')
  const opening = signInOpening.parse(JSON.parse(first.value.data.toString()))
  await using session = await open(opening, signal)
  const { id, callbackPort, program, connection } = session
  socket.write(stateFrame({ id, callbackPort }))
  connection.write(encodeExec(EXEC.open, JSON.stringify({ ...program, tty: opening.tty })))
  void feed(frames, connection)
    .catch(() => {})
    .finally(() => connection.destroy())
  const code = await show(session, socket)
  signal.throwIfAborted()
  return await session.finish(code)
}

/** A sign-in, which ends with its caller. */
export const serveSignIn = async (open: Open, socket: Duplex, signal: AbortSignal): Promise<void> => {
  try {
    const { provider, name, who, plan } = await run(open, socket, signal)
    socket.write(stateFrame({ login: { provider, name, who, plan } }))
    socket.write(encodeExec(EXEC.exit, '0'))
  } catch (error) {
    if (!socket.destroyed) socket.write(encodeExec(EXEC.failed, JSON.stringify(problem(error))))
  } finally {
    socket.end()
  }
}
