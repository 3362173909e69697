import { connect } from 'node:net'
import { onAbort } from '../std/abort.ts'
import { lineSplitter } from '../std/lines.ts'
import type { DaemonWord } from './protocol.ts'

const LONGEST_LINE = 64 * 1024

/**
 * Hears a daemon until it ends, or the signal is aborted; each word is answered once `take` has returned. False: nobody
 * listens there.
 */
export const watchDaemon = async (
  socket: string,
  take: (word: DaemonWord) => void,
  signal: AbortSignal,
): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const lines = lineSplitter(LONGEST_LINE)
  let heard = false
  const connection = connect(socket)
  connection
    .on('data', (piece: Buffer) => {
      for (const line of lines.push(piece)) {
        heard = true
        take(JSON.parse(line) as DaemonWord)
        connection.write('heard\n')
      }
    })
    .on('error', () => {})
    .once('close', () => resolve(heard))
  using _ = onAbort(signal, () => connection.destroy())
  return await promise
}
