import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { SupervisorSettings } from '../../config/supervisor-settings.ts'
import { BerthError } from '../../domain/errors.ts'
import { isBeneath } from '../../std/is-beneath.ts'

const STICKY = 0o1000
const OTHERS_WRITE = 0o022

const found = (path: string): Stats | undefined => {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    // A file on the way.
    return undefined
  }
}

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const refusal = (path: string, why: string, hint: string) =>
  new BerthError('bad-request', `--workspace ${path}: ${why}`, { hint })

const SAFE = 'Name a folder in one that you own and that nobody else can write to.'

/** The path with no link on the way; what is not there yet is named as it was. */
const withoutLinks = (path: string): string => {
  let there = dirname(path)
  let rest = basename(path)
  while (there !== '/' && found(there) === undefined) {
    rest = join(basename(there), rest)
    there = dirname(there)
  }
  return join(realPath(there), rest)
}

/** Whoever can write to a folder on the way could put a link in the place of the workspace. */
const refuseOnWay = (path: string, folder: string, uid: number): void => {
  const stats = found(folder)
  if (stats === undefined) return
  const { uid: owner, mode } = stats
  if (!stats.isDirectory()) throw refusal(path, `${folder} is not a folder`, SAFE)
  if (owner !== 0 && owner !== uid) throw refusal(path, `${folder} belongs to uid ${owner}`, SAFE)
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return
  throw refusal(
    path,
    `others can write to ${folder} (mode ${(mode & 0o7777).toString(8)}) and put a link in the place of the workspace`,
    `Run \`chmod go-w ${folder}\`, or name another folder.`,
  )
}

const refuseStrangers = (path: string, real: string, uid: number): void => {
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    refuseOnWay(path, folder, uid)
    if (folder === '/') return
  }
}

/**
 * The real path of a folder for a workspace, which need not be there. Throws if Berth must not use it: outside of
 * mount-roots, in the state folder, or where others could replace it.
 */
export const checkNamedFolder = (
  path: string,
  {
    settings: { mountRoots },
    state,
    uid,
  }: { readonly settings: Pick<SupervisorSettings, 'mountRoots'>; readonly state: string; readonly uid: number },
): string => {
  const real = withoutLinks(path)
  if (isBeneath(realPath(state), real))
    throw refusal(path, `this lies in the state folder ${state}`, 'Name a folder elsewhere.')
  const roots = mountRoots?.map(realPath)
  if (roots !== undefined && !roots.some((root) => isBeneath(root, real) && root !== real))
    throw new BerthError(
      'mount-not-allowed',
      `--workspace ${path}: this lies beneath none of the folders of mount-roots: ${roots.join(', ') || 'there are none'}`,
    )
  refuseStrangers(path, real, uid)
  return real
}

/** What stands at the path of a workspace. Throws if it is no folder of ours. */
export const lookAtFolder = (path: string, uid: number): 'missing' | 'empty' | 'full' => {
  const stats = found(path)
  if (stats === undefined) return 'missing'
  if (stats.isSymbolicLink()) throw refusal(path, 'this is a link', 'Name the folder itself.')
  if (!stats.isDirectory()) throw refusal(path, 'this is not a folder', 'Name a folder.')
  if (uid !== 0 && readable(path) === undefined) throw refusal(path, 'Berth cannot read it', SAFE)
  if ((readable(path) ?? ['']).length > 0) return 'full'
  if (stats.uid !== uid && uid !== 0) throw refusal(path, `it belongs to uid ${stats.uid}`, SAFE)
  return 'empty'
}

const readable = (path: string): readonly string[] | undefined => {
  try {
    return readdirSync(path)
  } catch {
    return undefined
  }
}

/** Whose files a folder has. */
export const ownerOf = (path: string): number => statSync(path).uid
