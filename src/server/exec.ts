import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { execOpening, execSize } from '../api/bodies.ts'
import { ROUTES } from '../api/contract.ts'
import { decodeExec, EXEC, EXEC_PROTOCOL, type ExecFrame, encodeExec } from '../api/exec-frame.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { drained } from '../std/drained.ts'
import { problem } from './problem.ts'

type Session = Awaited<ReturnType<Awaited<ReturnType<UseCases['exec']>>>>

const PATH = new RegExp(`^${ROUTES.exec.path.replace(':id', '([^/?]+)')}$`)

/** The task that a path names; undefined for any other path. */
const taskOf = (url: string): string | undefined => {
  try {
    return decodeURIComponent(PATH.exec(url)?.[1] ?? '') || undefined
  } catch {
    return undefined
  }
}

const refuse = (socket: Duplex, error: unknown) => {
  const answer = problem(error)
  const body = JSON.stringify(answer)
  socket.end(
    `HTTP/1.1 ${answer.status} ${answer.title}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

/** What the client says goes to the program, until the client is gone. */
const feed = async (frames: AsyncIterator<ExecFrame>, session: Session) => {
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    const { kind, data } = next.value
    if (kind === EXEC.stdin) await session.write(data)
    if (kind === EXEC.end) session.end()
    if (kind === EXEC.resize) {
      const { columns, rows } = execSize.parse(JSON.parse(data.toString()))
      // A program that has just ended has no size any more.
      await session.resize(columns, rows).catch(() => {})
    }
  }
}

const serve = async (input: {
  readonly socket: Duplex
  readonly open: Awaited<ReturnType<UseCases['exec']>>
}): Promise<void> => {
  const { socket, open } = input
  let session: Session | undefined
  try {
    const frames = decodeExec(socket as AsyncIterable<Buffer>)
    const first = await frames.next()
    if (first.done || first.value.kind !== EXEC.open)
      throw new BerthError('bad-request', 'exec: the first frame does not open a command')
    const running = await open(execOpening.parse(JSON.parse(first.value.data.toString())))
    session = running
    void feed(frames, running)
      .catch(() => {})
      .finally(() => running.close())
    for await (const { stream, data } of running.output)
      if (!socket.write(encodeExec(stream === 'stdout' ? EXEC.stdout : EXEC.stderr, data))) await drained(socket)
    socket.write(encodeExec(EXEC.exit, String(await running.exit())))
  } catch (error) {
    if (!socket.destroyed) socket.write(encodeExec(EXEC.failed, JSON.stringify(problem(error))))
  } finally {
    session?.close()
    socket.end()
  }
}

/** Answers upgrades of `exec`: a command in a live container, its streams on the connection. */
export const execServer =
  (input: {
    readonly use: UseCases
    readonly touch: () => () => void
    readonly log: (line: Readonly<Record<string, unknown>>) => void
  }) =>
  (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const release = input.touch()
    const over = new AbortController()
    socket.on('error', () => {})
    socket.once('close', () => {
      release()
      over.abort(new Error('the caller has gone'))
    })
    if (head.length > 0) socket.unshift(head)
    const id = taskOf(request.url ?? '')
    if (request.method !== 'POST' || id === undefined || request.headers.upgrade !== EXEC_PROTOCOL) {
      refuse(socket, new BerthError('bad-request', `${request.url}: this path does not upgrade a connection`))
      return
    }
    input.use.exec(id, over.signal).then(
      (open) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: ${EXEC_PROTOCOL}\r\nconnection: Upgrade\r\n\r\n`)
        serve({ socket, open }).catch((error: unknown) =>
          input.log({ level: 'error', msg: 'exec', error: error instanceof Error ? error.stack : String(error) }),
        )
      },
      (error: unknown) => refuse(socket, error),
    )
  }
