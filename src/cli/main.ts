import { join } from 'node:path'
import { BUILD } from '../std/build-id.ts'
import { codeFolder } from '../std/code-folder.ts'
import { runKept } from '../std/kept-code.ts'

/** Exit code of a command line that no command has. */
const USAGE = 2

/** Of each command, since each calls functions of its own. */
const keptFor = (argv: readonly string[]): string | null => {
  const folder = codeFolder(process.env)
  const word = argv.find((one) => !one.startsWith('-')) ?? 'berth'
  return folder !== null && /^[a-z-]{1,20}$/.test(word) ? join(folder, `${BUILD}-${word}`) : null
}

const { exports, keep } = runKept<typeof import('./cli.ts')>({
  file: join(import.meta.dirname, 'cli-main.cjs'),
  kept: keptFor(process.argv.slice(2)),
  uid: process.getuid?.(),
})
if (keep !== undefined) process.once('exit', (code) => code !== USAGE && keep())
void exports.cli()
