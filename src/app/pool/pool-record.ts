import { randomUUID } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LABEL } from '../../domain/container-spec.ts'
import type { EngineKind } from '../../domain/engine-kind.ts'
import { taskFolders, taskPaths, tokenPaths, trashPath } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import { findContainers } from '../container/find-containers.ts'
import type { Deps } from '../deps.ts'
import { hasPlan } from '../task/journal-plans.ts'
import { removeFolder } from '../task/work-folder.ts'

type PoolRecord = { readonly kind: EngineKind; readonly endpoint: string }
type Where = Pick<Deps, 'engines' | 'installation' | 'store'>

const FILE = /^pool-(t-[0-9a-z]{18})\.json$/

const pathOf = (folders: Deps['installation']['folders'], id: string) => `${folders.state}/pool-${id}.json`

/** Says in the state folder, before anything of it is made, on which engine a sandbox is that belongs to no task yet. */
export const recordPooled = (
  folders: Deps['installation']['folders'],
  id: string,
  { kind, endpoint }: PoolRecord,
): Promise<void> => writeFileDurably(pathOf(folders, id), JSON.stringify({ kind, endpoint }))

/** It is a task's: what is left of it is that task's business. */
export const forgetPooled = (folders: Deps['installation']['folders'], id: string): Promise<void> =>
  rm(pathOf(folders, id), { force: true })

/** Removes a sandbox with its folders, then what is known of it. Idempotent. */
export const removePooled = async (
  { installation }: Pick<Deps, 'installation'>,
  { id, engine, folder }: { readonly id: string; readonly engine: Engine; readonly folder: string },
  signal: AbortSignal,
): Promise<void> => {
  for (const container of await engine.list({ [LABEL.task]: id }, signal)) await engine.remove(container.id, signal)
  const folders = taskFolders(installation.folders, id)
  await Promise.all([removeFolder(folder), removeTree(folders.socket), removeTree(tokenPaths(folders).secrets)])
  await forgetPooled(installation.folders, id)
}

/** The ids of what goes, or is looked for to go: until then nothing may be made under them. */
const going = new Map<string, Promise<void>>()

export const isGoing = (id: string): boolean => going.has(id)

/** Resolves when nothing is removed under this id any more. */
export const whenGone = (id: string): Promise<void> => going.get(id) ?? Promise.resolve()

/** Says that `gone` removes all that is there under this id. */
export const removing = async (id: string, gone: Promise<void>): Promise<void> => {
  going.set(
    id,
    gone.catch(() => {}),
  )
  try {
    await gone
  } finally {
    going.delete(id)
  }
}

/** Moves the folder of a sandbox away at once. An earlier removal that came to no end may have left one there. */
export const putAside = (folder: string, trash: string): void => {
  if (existsSync(folder)) renameSync(folder, existsSync(trash) ? join(trash, randomUUID()) : trash)
}

/** True where a task has taken it: its journal is begun, and was told of. */
const isTaken = ({ store }: Where, id: string, folder: string): boolean => {
  const path = taskPaths(folder).journal
  if (store.get(id) !== undefined) return true
  if (!existsSync(path)) return false
  try {
    return hasPlan({ journal: store.reader(path) })
  } catch {
    // A journal that is damaged is somebody's all the same.
    return true
  }
}

const removeLeft = async (deps: Where, id: string, trash: string): Promise<void> => {
  const { kind, endpoint } = JSON.parse(await readFile(pathOf(deps.installation.folders, id), 'utf8')) as PoolRecord
  const engine = deps.engines.at(kind, endpoint)
  await findContainers(engine, { [LABEL.task]: id }, { late: true })
  await removePooled(deps, { id, engine, folder: trash }, AbortSignal.timeout(60_000))
}

/**
 * Removes the sandbox that a file of the state folder tells of, which a killed supervisor left without a task; undefined
 * for any other file. Its folder is out of the way when this returns, so that nobody takes it for a task's.
 */
export const sweepPooled = (deps: Where, file: string): Promise<void> | undefined => {
  const id = FILE.exec(file)?.[1]
  if (id === undefined) return undefined
  const folder = taskFolders(deps.installation.folders, id).task
  if (isTaken(deps, id, folder)) return forgetPooled(deps.installation.folders, id)
  const trash = trashPath(deps.installation.folders.state, id)
  putAside(folder, trash)
  return removing(id, removeLeft(deps, id, trash))
}
