import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { BerthError } from '../../domain/errors.ts'
import { onAbort } from '../../std/abort.ts'
import { drained } from '../../std/drained.ts'
import type { ExecOptions, ExecSession, LogChunk } from '../engine.ts'
import { type Call, QUICK_MS } from '../http/call.ts'
import type { Connection } from '../http/connection.ts'
import { demultiplex } from '../http/demultiplex.ts'
import { connectionError } from '../http/engine-failure.ts'
import type { Upgraded } from '../http/exchange.ts'

/** Engines close the stream a moment before they note the end. */
const NOTED_WITHIN_MS = [0, 5, 20, 50, 100, 200, 500, 1000, 1000, 1000] as const

const createBody = (options: ExecOptions, attached: boolean) => ({
  AttachStdin: attached,
  AttachStdout: attached,
  AttachStderr: attached,
  Tty: options.tty !== undefined,
  Cmd: options.argv,
  ...(options.env === undefined ? {} : { Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`) }),
  ...(options.user === undefined ? {} : { User: options.user }),
  ...(options.workdir === undefined ? {} : { WorkingDir: options.workdir }),
})

type Input = {
  readonly connection: Connection
  readonly id: string
  readonly options: ExecOptions
  readonly signal: AbortSignal
}

/** Makes the command known to the engine: how it is called, and its id. */
const created = async ({ connection, id, options, signal }: Input, attached: boolean) => {
  const doing = `run ${options.argv[0] ?? ''} in container ${id}`
  const call = (method: Call['method'], path: string, more: Partial<Call> = {}): Call => ({
    method,
    path,
    signal,
    limitMs: QUICK_MS,
    doing,
    ...more,
  })
  const path = `/containers/${encodeURIComponent(id)}/exec`
  const { Id } = await connection.json<{ Id: string }>(call('POST', path, { body: createBody(options, attached) }))
  return { doing, call, id: Id }
}

/** Starts a command in a container, and leaves it alone. */
export const execDetached = async (input: Input): Promise<void> => {
  const { connection } = input
  const { call, id } = await created(input, false)
  const start = call('POST', `/exec/${id}/start`, { body: { Detach: true, Tty: false } })
  const answer = await connection.send(start)
  if (answer.status >= 300) throw connection.error(start, answer)
}

async function* bytes({ socket, head }: Upgraded): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  yield* socket as AsyncIterable<Buffer>
}

async function* plain(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  for await (const data of source) yield { stream: 'stdout', data }
}

const ended = (socket: Duplex, connection: Connection, call: Call): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('end', resolve)
    socket.once('error', (error) => reject(connectionError(connection.label, call, error)))
    socket.once('close', () => reject(connectionError(connection.label, call, new Error('the exec was closed'))))
  })

/** Runs a command in a container; see the port for what the session does. */
export const execSession = async (input: Input): Promise<ExecSession> => {
  const { connection, options, signal } = input
  const { tty } = options
  const { doing, call, id } = await created(input, true)
  const start = call('POST', `/exec/${id}/start`, { body: { Detach: false, Tty: tty !== undefined } })
  const upgraded = await connection.upgrade(start)
  const { socket } = upgraded
  const end = ended(socket, connection, start)
  end.catch(() => {})
  const listening = onAbort(signal, () => socket.destroy(signal.reason instanceof Error ? signal.reason : undefined))
  socket.once('close', () => listening[Symbol.dispose]())

  const resize = async (columns: number, rows: number) => {
    const resizing = call('POST', `/exec/${id}/resize`, { query: { h: `${rows}`, w: `${columns}` } })
    const answer = await connection.send(resizing)
    if (answer.status >= 300) throw connection.error(resizing, answer)
  }
  if (tty !== undefined) await resize(tty.columns, tty.rows)

  return {
    output: tty === undefined ? demultiplex(bytes(upgraded)) : plain(bytes(upgraded)),
    async write(data) {
      if (!socket.destroyed && !socket.write(data)) await drained(socket)
    },
    end: () => void socket.end(),
    resize,
    async exit() {
      await end
      for (const pause of NOTED_WITHIN_MS) {
        await sleep(pause, undefined, { signal })
        type Noted = { Running?: boolean; ExitCode?: number | null }
        const noted = await connection.json<Noted>(call('GET', `/exec/${id}/json`))
        if (noted.Running !== true && typeof noted.ExitCode === 'number') return noted.ExitCode
      }
      throw new BerthError(
        'engine-error',
        `${connection.label}: ${doing}: the command ended, but the engine gave no exit code`,
      )
    },
    close: () => void socket.destroy(),
  }
}
