import { dirname } from 'node:path'
import { currentToolbox } from '../install/current-toolbox.ts'
import type { InstallOptions, Toolbox } from '../install/install.ts'
import { installDirs } from '../install/install-dirs.ts'
import { readStamp } from '../install/read-stamp.ts'
import { showProgress } from '../install/show-progress.ts'
import { definedVariables } from '../std/defined-variables.ts'
import type { Context } from './context.ts'

/** This installation as the CLI sees it: its root, its folders, what this build needs. */
export const installation = (context: Context) => {
  const root = dirname(dirname(context.paths.entry))
  const env = definedVariables(context.env)
  const dirs = installDirs(env, context.uid, context.env['HOME'] ?? '/')
  const stamp = readStamp(root)
  const options: InstallOptions = {
    root,
    install: dirs.write,
    read: dirs.read,
    env,
    ...showProgress(context.stderr, 'berth'),
  }
  return {
    stamp,
    options,
    toolbox: async (): Promise<Toolbox | undefined> =>
      stamp === undefined ? undefined : await currentToolbox(options, stamp.toolbox),
  }
}
