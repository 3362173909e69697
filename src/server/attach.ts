import type { Duplex } from 'node:stream'
import { attachOpening } from '../api/bodies.ts'
import type { UseCases } from '../app/use-cases.ts'
import type { AttachOpening } from '../domain/attach.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, encodeExec } from '../domain/exec-frame.ts'
import { problem } from './problem.ts'

type Attach = ReturnType<UseCases['attach']>

const readOpening = (data: Buffer): AttachOpening => attachOpening.parse(JSON.parse(data.toString()))

/** A viewer of an agent's terminal, on its connection. */
export const serveAttach = async (attach: Attach, socket: Duplex): Promise<void> => {
  try {
    const frames = decodeExec(socket as AsyncIterable<Buffer>)
    const first = await frames.next()
    if (first.done || first.value.kind !== EXEC.open)
      throw new BerthError('bad-request', 'attach: the first frame does not open a viewer')
    await attach(readOpening(first.value.data), {
      state: (state) => void socket.write(encodeExec(EXEC.state, JSON.stringify(state))),
    })
  } catch (error) {
    if (!socket.destroyed) socket.write(encodeExec(EXEC.failed, JSON.stringify(problem(error))))
  } finally {
    socket.end()
  }
}
