import { writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { errorMessage } from '../../std/error-message.ts'
import { firstLine } from '../../std/first-line.ts'
import type { RefreshOrder, RefreshWord } from './protocol.ts'
import { refreshOnce } from './refresh-once.ts'

/** The one who started us may be gone: the work is done all the same. */
const say = (word: RefreshWord) => {
  try {
    writeSync(1, `${word}\n`)
  } catch {}
}

process.title = 'berth-refresher'
process.umask(0o077)
// A terminal's or a session's end is not ours.
process.on('SIGHUP', () => {})
try {
  await refreshOnce(JSON.parse(await text(process.stdin)) as RefreshOrder, say)
} catch (error) {
  say(`failed ${firstLine(errorMessage(error))}`)
}
process.exit(0)
