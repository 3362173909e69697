import { statfsSync } from 'node:fs'
import { checkBase } from '../app/planning/workspace-base.ts'
import { readConfigFile } from '../config/config-file.ts'
import { BerthError } from '../domain/errors.ts'
import type { Check } from './check.ts'
import type { Context } from './context.ts'
import { mergeInForce } from './merge-in-force.ts'

const LOW_BYTES = 2 * 1024 ** 3
const name = 'workspaces'

/** The folder of workspace-base-dir as a new task would find it; nothing to tell where there is none. */
export const workspaceCheck = ({
  env,
  paths,
  uid,
}: Pick<Context, 'env' | 'uid'> & {
  readonly paths: Pick<Context['paths'], 'configFile' | 'state'>
}): readonly Check[] => {
  try {
    // Mistakes have a check of their own.
    const file = readConfigFile(paths.configFile, () => {})
    const base = mergeInForce({ env }, {}, file, () => {}).values['workspace-base-dir']
    if (base === null) return []
    const real = checkBase(base, paths.state, uid)
    const { bavail, bsize } = statfsSync(real)
    const free = bavail * bsize
    const ok = free > LOW_BYTES
    const fix = ok ? null : 'Free some disk space: a task needs room for its workspace.'
    return [{ name, ok, detail: `${real}, ${Math.round(free / 1024 ** 3)} GiB free`, fix }]
  } catch (error) {
    if (!(error instanceof BerthError)) throw error
    return error.message.startsWith('workspace-base-dir ')
      ? [{ name, ok: false, detail: error.message, fix: error.hint }]
      : []
  }
}
