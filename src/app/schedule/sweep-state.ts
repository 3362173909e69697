import { existsSync, readdirSync } from 'node:fs'
import { isTrash, taskFolders } from '../../domain/task-paths.ts'
import { probeOf, removeLeftProbe } from '../container/probe-record.ts'
import { sweepSignIn } from '../container/sign-in-record.ts'
import type { Deps } from '../deps.ts'
import { sweepPooled } from '../pool/pool-record.ts'
import { removeHalves } from '../task/snapshot.ts'
import { removeFolder } from '../task/work-folder.ts'

/** Removes what an earlier supervisor was killed over, and what belongs to no task. */
export const sweepState = (deps: Pick<Deps, 'egress' | 'engines' | 'installation' | 'log' | 'store'>): void => {
  const { state } = deps.installation.folders
  const remove = (file: string): Promise<void> | undefined => {
    if (isTrash(file)) return removeFolder(`${state}/${file}`)
    const probe = probeOf(file)
    if (probe !== undefined) return removeLeftProbe(deps, probe)
    return sweepPooled(deps, file) ?? sweepSignIn(deps, file)
  }
  for (const file of readdirSync(state))
    remove(file)?.catch((error: unknown) => deps.log({ level: 'error', msg: 'sweep', file, error: String(error) }))
  removeHalves(state)
  deps.egress.keepLogs((task) => existsSync(taskFolders(deps.installation.folders, task).task))
}
