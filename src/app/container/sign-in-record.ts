import { existsSync, renameSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { LABEL } from '../../domain/container-spec.ts'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { taskFolders, trashPath } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Deps } from '../deps.ts'
import { removeFolder } from '../task/work-folder.ts'
import { findContainers } from './find-containers.ts'

type SignInRecord = { readonly kind: EngineKind; readonly endpoint: string }
type Folders = Deps['installation']['folders']
type Where = Pick<Deps, 'egress' | 'engines' | 'installation'>

const FILE = /^sign-in-(t-[0-9a-z]{18})\.json$/

const pathOf = ({ state }: Folders, id: string) => `${state}/sign-in-${id}.json`

/** Says in the state folder, before anything of it is made, on which engine a container is in which somebody signs in. */
export const recordSignIn = (folders: Folders, id: string, { kind, endpoint }: SignInRecord): Promise<void> =>
  writeFileDurably(pathOf(folders, id), JSON.stringify({ kind, endpoint }))

/** Removes the container, its way out and its folder, which may hold tokens; then what is known of it. Idempotent. */
export const removeSignIn = async (
  { egress, installation: { folders } }: Pick<Deps, 'egress' | 'installation'>,
  {
    id,
    engine,
    folder,
    late,
  }: { readonly id: string; readonly engine: Engine; readonly folder: string; readonly late: boolean },
): Promise<void> => {
  const [found] = await Promise.all([findContainers(engine, { [LABEL.task]: id }, { late }), egress.forget(id)])
  for (const container of found) await engine.remove(container.id)
  await Promise.all([removeFolder(folder), removeTree(taskFolders(folders, id).socket)])
  await rm(pathOf(folders, id), { force: true })
}

const removeLeft = async (deps: Where, id: string, folder: string): Promise<void> => {
  const text = await readFile(pathOf(deps.installation.folders, id), 'utf8')
  const { kind, endpoint } = JSON.parse(text) as SignInRecord
  await removeSignIn(deps, { id, engine: deps.engines.at(kind, endpoint), folder, late: true })
}

/**
 * Removes the sign-in that a file of the state folder tells of, which a killed supervisor left; undefined for any other
 * file. Its folder is out of the way when this returns, so that nobody takes it for a task's.
 */
export const sweepSignIn = (deps: Where, file: string): Promise<void> | undefined => {
  const id = FILE.exec(file)?.[1]
  if (id === undefined) return undefined
  const { folders } = deps.installation
  const folder = taskFolders(folders, id).task
  const trash = trashPath(folders.state, id)
  if (existsSync(folder)) renameSync(folder, trash)
  return removeLeft(deps, id, trash)
}
