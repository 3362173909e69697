import { existsSync, readdirSync } from 'node:fs'
import { isTrash, taskFolders, tokenPaths } from '../../domain/task-paths.ts'
import { probeOf, removeLeftProbe } from '../container/probe-record.ts'
import { sweepSignIn } from '../container/sign-in-record.ts'
import type { Deps } from '../deps.ts'
import { sweepPooled } from '../pool/pool-record.ts'
import { removeHalves } from '../task/snapshot.ts'
import { removeFolder } from '../task/work-folder.ts'

type Swept = Pick<Deps, 'egress' | 'engines' | 'installation' | 'log' | 'store' | 'tokens'>

const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Tokens of tasks that are there no more; the daemon of one that is there goes with its turn. */
const sweepTokens = ({ installation: { folders }, tokens, log }: Swept): void => {
  const { secrets, daemon } = tokenPaths(taskFolders(folders, ''))
  for (const id of new Set([...namesIn(secrets), ...namesIn(daemon)])) {
    const own = taskFolders(folders, id)
    if (existsSync(own.task)) continue
    const paths = tokenPaths(own)
    tokens
      .end({ folder: paths.secrets, socket: paths.daemon })
      .catch((error: unknown) => log({ level: 'error', msg: 'sweep', file: paths.secrets, error: String(error) }))
  }
}

/** Removes what an earlier supervisor was killed over, and what belongs to no task. */
export const sweepState = (deps: Swept): void => {
  const { state } = deps.installation.folders
  const remove = async (file: string): Promise<void> => {
    if (isTrash(file)) return removeFolder(`${state}/${file}`)
    const probe = probeOf(file)
    if (probe !== undefined) return removeLeftProbe(deps, probe)
    return sweepPooled(deps, file) ?? sweepSignIn(deps, file)
  }
  for (const file of readdirSync(state))
    remove(file).catch((error: unknown) => deps.log({ level: 'error', msg: 'sweep', file, error: String(error) }))
  removeHalves(state)
  sweepTokens(deps)
  deps.egress.keepLogs((task) => existsSync(taskFolders(deps.installation.folders, task).task))
}
