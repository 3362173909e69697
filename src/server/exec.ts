import type { Duplex } from 'node:stream'
import { execOpening, execSize } from '../api/bodies.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import { drained } from '../std/drained.ts'
import { problem } from './problem.ts'

type Open = Awaited<ReturnType<UseCases['exec']>>
type Session = NonNullable<Awaited<ReturnType<Open>>>

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

/** A command in a live container, its streams on the connection. */
export const serveExec = async (open: Open, socket: Duplex): Promise<void> => {
  let session: Session | undefined
  try {
    const frames = decodeExec(socket as AsyncIterable<Buffer>)
    const first = await frames.next()
    if (first.done || first.value.kind !== EXEC.open)
      throw new BerthError('bad-request', 'exec: the first frame does not open a command')
    const running = await open(execOpening.parse(JSON.parse(first.value.data.toString())))
    if (running === null) {
      socket.write(encodeExec(EXEC.exit, '0'))
      return
    }
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
