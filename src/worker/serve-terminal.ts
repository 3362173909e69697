import type { Socket } from 'node:net'
import { decodeExec, EXEC, encodeExec } from '../domain/exec-frame.ts'
import { onAbort } from '../std/abort.ts'
import type { FoundTerminal } from './agent-terminal.ts'
import type { FrameWriter } from './frame-writer.ts'
import { readSize } from './read-size.ts'

/** Bytes that a caller may leave unread. One that is behind misses lines, which the log has, and still types. */
const MOST_UNREAD = 1024 * 1024

/** Gives a caller the further lines of the log as they are written, and types what the caller sends. */
export const serveTerminal = (stream: Socket, terminal: FoundTerminal, frames: FrameWriter): void => {
  let behind = false
  const untap = frames.tap((lines) => {
    behind ||= stream.writableLength > MOST_UNREAD
    if (!behind) stream.write(encodeExec(EXEC.stdout, lines))
  })
  stream.on('drain', () => {
    behind = false
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
