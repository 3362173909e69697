import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { intoPlace, mkdirOpen } from './into-place.ts'
import type { Work } from './recipe.ts'
import { READABLE, run } from './run.ts'

/** Node, npm and the agent CLIs as npm brings them, without running any of their scripts. Gives the node_modules. */
export const npmTree = async (work: Work): Promise<string> => {
  const path = join(work.install, 'cache', `npm-${work.names.npm}`)
  await intoPlace(path, async (temporary) => {
    work.progress('fetching Node and the agent CLIs from npm (about 400 MB)')
    await mkdirOpen(temporary)
    for (const name of ['package.json', 'package-lock.json']) {
      await copyFile(join(work.root, 'images/toolbox', name), join(temporary, name))
    }
    const argv = [
      ...READABLE,
      'npm',
      'ci',
      '--ignore-scripts',
      '--omit=dev',
      '--os=linux',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]
    await run(argv, work, { cwd: temporary, limitMs: 900_000, code: 'toolbox-missing' })
  })
  return join(path, 'node_modules')
}
