import { writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { BerthError } from '../domain/errors.ts'
import { errorMessage } from '../std/error-message.ts'
import { sleepUntil } from '../std/sleep-until.ts'
import type { StartWord, TokenOrder } from './protocol.ts'
import { runDaemon } from './run-daemon.ts'
import { tokenSource } from './token-source.ts'

const write = (file: number, line: object) => {
  try {
    writeSync(file, `${JSON.stringify(line)}\n`)
  } catch {
    // The one who started us may be gone.
  }
}
const say = (word: StartWord) => write(1, word)
const log = (line: object) => write(2, { at: new Date().toISOString(), ...line })

process.title = 'berth-token-daemon'
process.umask(0o077)
const end = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end.abort(signal))
// A terminal's or a session's end is not ours.
process.on('SIGHUP', () => {})

try {
  const order = JSON.parse(await text(process.stdin)) as TokenOrder
  const { credentials: _secret, company: _company, ...place } = order
  const served = await runDaemon({
    ...{ place, source: tokenSource(order), say, log },
    now: () => new Date(),
    sleepUntil: (time, signal) => sleepUntil(time.toISOString(), () => new Date(), signal),
    signal: end.signal,
  })
  process.exit(served ? 0 : 1)
} catch (error) {
  const code = error instanceof BerthError ? error.code : 'internal'
  say({ kind: 'failed', code, message: errorMessage(error) })
  process.exit(1)
}
