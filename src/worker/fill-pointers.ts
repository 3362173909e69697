import { chmodSync, constants, copyFileSync, lstatSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { LFS_OBJECTS, objectPath, POINTER_BYTES, parsePointer } from '../domain/lfs-pointer.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords, type RunGit } from '../inside/git-runner.ts'
import { shellWord } from '../std/shell-word.ts'

type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>

/** Paths are bytes: one character each. */
const placeOf = (work: string, path: string): Buffer =>
  Buffer.concat([Buffer.from(`${work}/`), Buffer.from(path, 'latin1')])

/** Puts an object's content in the place of its pointer. False: the file is none, or nobody has its content. */
const fill = (repositories: readonly string[], at: Buffer): boolean => {
  const file = lstatSync(at, { throwIfNoEntry: false })
  if (file?.isFile() !== true || file.size > POINTER_BYTES) return false
  const pointer = parsePointer(readFileSync(at, 'latin1'))
  if (pointer === undefined) return false
  const object = repositories
    .map((repository) => join(repository, LFS_OBJECTS, objectPath(pointer.oid)))
    .find((path) => lstatSync(path, { throwIfNoEntry: false })?.size === pointer.size)
  if (object === undefined) return false
  const fresh = Buffer.concat([at, Buffer.from('.berth-lfs')])
  copyFileSync(object, fresh, constants.COPYFILE_FICLONE)
  chmodSync(fresh, file.mode & 0o777)
  renameSync(fresh, at)
  return true
}

/**
 * Puts the contents of Git LFS files, as far as mirror or repository have them, in the place of the pointers that a checkout wrote.
 * Git's own filter would hold each file in memory. Then git looks at these files, so that they count as unchanged.
 */
export const fillPointers = async (
  order: WorkOrder,
  clone: Clone,
  { repository, git }: { readonly repository: string; readonly git: RunGit },
): Promise<void> => {
  if (clone.lfs === undefined) return
  const listed = await git(['ls-files', '-z', '--', ':(top,attr:filter=lfs)'], { bytes: true })
  if (listed.code !== 0) throw new Error(`listed the files of Git LFS: ${gitWords(listed)}`)
  const paths = listed.stdout.split('\0').filter((path) => path !== '')
  const filled = paths.filter((path) => fill([clone.mirror, repository], placeOf(order.paths.work, path)))
  if (filled.length === 0) return
  const input = Buffer.from(filled.map((path) => `${path}\0`).join(''), 'latin1')
  const filter = `${clone.lfs} - ${shellWord(clone.mirror)}`
  const told = await git(['-c', `filter.lfs.process=${filter}`, 'update-index', '-z', '--stdin'], { input })
  if (told.code !== 0) throw new Error(`read the files of Git LFS: ${gitWords(told)}`)
}
