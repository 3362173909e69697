import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { Deps } from '../deps.ts'
import { DISK_FLOOR, freeBytes } from '../task/disk-space.ts'

const STICKY = 0o1000
const OTHERS_WRITE = 0o022

const refusal = (base: string, why: string, hint: string) =>
  new BerthError('config-invalid', `workspace-base-dir ${base}: ${why}`, { hint })

const SAFE = 'Name a folder that you own and that nobody else can write to.'

const realFolder = (base: string): string => {
  let real: string
  try {
    real = realpathSync(base)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : errorMessage(error)
    throw refusal(base, why, 'Make the folder, or mount its disk.')
  }
  if (!statSync(real).isDirectory()) throw refusal(base, 'this is not a folder', SAFE)
  return real
}

/** Whoever can write to a folder on the way could put a link in the place of a workspace. */
const refuseStrangers = (base: string, real: string, uid: number): void => {
  for (let path = real; ; path = dirname(path)) {
    const { uid: owner, mode } = statSync(path)
    if (owner !== 0 && owner !== uid) throw refusal(base, `${path} belongs to uid ${owner}`, SAFE)
    const sticky = path !== real && (mode & STICKY) !== 0
    if ((mode & OTHERS_WRITE) !== 0 && !sticky)
      throw refusal(
        base,
        `others can write to ${path} (mode ${(mode & 0o7777).toString(8)}) and replace workspaces by links`,
        `Run \`chmod go-w ${path}\`, or name another folder.`,
      )
    if (path === '/') return
  }
}

/** The real path of a folder for workspaces. Throws if Berth cannot use it. */
export const checkBase = (base: string, state: string, uid: number): string => {
  const real = realFolder(base)
  const stateFolder = existsSync(state) ? realpathSync(state) : state
  if (real === stateFolder || real.startsWith(`${stateFolder}/`))
    throw refusal(
      base,
      `this lies in the state folder ${stateFolder}`,
      'Name a folder elsewhere, or leave the setting out: workspaces then lie in the state folder.',
    )
  refuseStrangers(base, real, uid)
  try {
    accessSync(real, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw refusal(base, `Berth cannot write there: ${errorMessage(error)}`, SAFE)
  }
  return real
}

/** Where the workspace of a new task goes: a folder, or null for the task's own. A mounted folder has no workspace. */
export const workspaceBase = async (
  { config, installation }: Pick<Deps, 'config' | 'installation'>,
  { source }: Pick<TaskRequest, 'source'>,
): Promise<string | null> => {
  const { workspaceBaseDir } = config.settings()
  if (workspaceBaseDir === null || source === 'mount') return null
  const base = checkBase(workspaceBaseDir, installation.folders.state, process.getuid?.() ?? 0)
  await refuseFullDisk(base)
  return base
}

/** Throws if the disk of a folder has too little space left for a task. */
export const refuseFullDisk = async (folder: string): Promise<void> => {
  const free = await freeBytes(folder)
  if (free >= DISK_FLOOR) return
  throw new BerthError(
    'disk-full',
    `${folder}: ${Math.floor(free / 1024 / 1024)} MiB of disk space are left, and a task needs ${DISK_FLOOR / 1024 / 1024}`,
  )
}
