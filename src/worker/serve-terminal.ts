import type { Socket } from 'node:net'
import { decodeExec, EXEC, encodeExec } from '../domain/exec-frame.ts'
import { onAbort } from '../std/abort.ts'
import type { FoundTerminal } from './agent-terminal.ts'
import type { FrameWriter } from './frame-writer.ts'
import { readSize } from './read-size.ts'

/** Bytes that a caller may leave unread; the log has them too. */
const MOST_UNREAD = 1024 * 1024

/** Gives a caller every further line of the log as it is written, and types what the caller sends. */
export const serveTerminal = (stream: Socket, terminal: FoundTerminal, frames: FrameWriter): void => {
  const untap = frames.tap((lines) => {
    if (stream.writableLength > MOST_UNREAD) stream.destroy()
    else stream.write(encodeExec(EXEC.stdout, lines))
  })
  const end = onAbort(terminal.over, () => stream.end())
  stream
    .on('error', () => {})
    .once('close', () => {
      untap()
      end[Symbol.dispose]()
    })
  const take = async () => {
    for await (const { kind, data } of decodeExec(stream)) {
      if (kind === EXEC.stdin) await terminal.write(data)
      if (kind !== EXEC.resize) continue
      const size = readSize(data)
      if (size !== undefined) terminal.resize(size)
    }
  }
  take()
    .catch(() => {})
    .finally(() => stream.destroySoon())
}
