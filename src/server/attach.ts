import type { Duplex } from 'node:stream'
import { attachOpening, attachSize } from '../api/bodies.ts'
import type { UseCases } from '../app/use-cases.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import { problem } from './problem.ts'

type Attach = ReturnType<UseCases['attach']>
type Session = Awaited<ReturnType<Attach>>
type Sink = Parameters<Attach>[1]

const sinkOf = (socket: Duplex): Sink => ({
  send: (kind, data) => void (socket.writable && socket.write(encodeExec(kind, data))),
  get unread() {
    return socket.writableLength
  },
  drained: () =>
    new Promise((resolve) => {
      if (socket.destroyed || socket.writableLength === 0) return resolve()
      // Called back when all before it is out, or nothing goes out any more.
      socket.write('', () => resolve())
    }),
  end: () => void socket.end(),
})

const feed = async (frames: AsyncIterator<ExecFrame>, session: Session): Promise<void> => {
  for (let next = await frames.next(); !next.done; next = await frames.next()) {
    const { kind, data } = next.value
    if (kind === EXEC.stdin) await session.type(data)
    if (kind === EXEC.resize) session.resize(attachSize.parse(JSON.parse(data.toString())))
    if (kind === EXEC.take) session.take()
  }
}

/** A viewer of an agent's terminal, on its connection. */
export const serveAttach = async (attach: Attach, socket: Duplex): Promise<void> => {
  let session: Session | undefined
  try {
    const frames = decodeExec(socket as AsyncIterable<Buffer>)
    const first = await frames.next()
    if (first.done || first.value.kind !== EXEC.open)
      throw new BerthError('bad-request', 'attach: the first frame does not open a viewer')
    session = await attach(attachOpening.parse(JSON.parse(first.value.data.toString())), sinkOf(socket))
    await feed(frames, session)
  } catch (error) {
    if (socket.writable) socket.write(encodeExec(EXEC.failed, JSON.stringify(problem(error))))
  } finally {
    session?.close()
    socket.end()
  }
}
