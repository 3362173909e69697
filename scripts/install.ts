// What `berth setup` does, for this checkout: node scripts/install.ts [docker=URL|podman=URL ...]
// The arguments name engines beside the caller's own. Prints the toolbox' folder.
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { BerthError } from '../src/domain/errors.ts'
import { installDirs } from '../src/install/install-dirs.ts'
import { setUp } from '../src/install/set-up.ts'
import { showProgress } from '../src/install/show-progress.ts'

const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
)
const dirs = installDirs(env, process.getuid?.() ?? -1, homedir())
const options = {
  root: dirname(import.meta.dirname),
  install: dirs.write,
  read: dirs.read,
  env,
  ...showProgress(process.stderr, 'setup'),
}

try {
  const { toolbox } = await setUp(process.argv.slice(2), options)
  process.stdout.write(`${toolbox.path}\n`)
} catch (error) {
  if (!(error instanceof BerthError)) throw error
  process.stderr.write(`setup: ${error.message}\nsetup: ${error.hint}\n`)
  process.exitCode = 1
}
