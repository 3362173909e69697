// Images and toolbox for this checkout: node scripts/install.ts [docker=URL|podman=URL ...]
// The arguments name engines beside the caller's own. Prints the toolbox' folder.
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { BerthError } from '../src/domain/errors.ts'
import { buildAll } from '../src/install/build-all.ts'
import { findEngines } from '../src/install/find-engines.ts'
import type { InstallOptions } from '../src/install/install.ts'
import { installDirs } from '../src/install/install-dirs.ts'

const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
)
const dirs = installDirs(env, process.getuid?.() ?? -1, homedir())
const options: InstallOptions = {
  root: dirname(import.meta.dirname),
  install: dirs.write,
  read: dirs.read,
  env,
  progress: (line) => process.stderr.write(`setup: ${line}\n`),
}

try {
  const engines = await findEngines(process.argv.slice(2), options)
  const toolbox = await buildAll(engines, options)
  process.stdout.write(`${toolbox.path}\n`)
} catch (error) {
  if (!(error instanceof BerthError)) throw error
  process.stderr.write(`setup: ${error.message}\nsetup: ${error.hint}\n`)
  process.exitCode = 1
}
