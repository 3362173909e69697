import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LFS_OBJECTS, objectPath } from '../domain/lfs-pointer.ts'
import { FORK_OBJECTS, LFS_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { copyIndex } from './copy-index.ts'
import { historyEnds } from './history-ends.ts'
import { readRegular } from './read-refs.ts'
import { runGit } from './run-git.ts'
import { beginOf, UNFINISHED, writeRepository } from './write-repository.ts'

type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>

/** Names the task whose repository it is, in a work folder that another task left. */
const OWNER = 'berth-task'

/** The commits that a fork begins with and the mirror has not, and contents of their files of Git LFS. */
const takeObjects = (order: WorkOrder, git: string) => {
  const from = join(order.paths.exchange, FORK_OBJECTS)
  for (const name of readdirSync(from)) {
    const isLfs = name.startsWith(LFS_FILE)
    const to = isLfs ? join(git, LFS_OBJECTS, objectPath(name.slice(LFS_FILE.length))) : join(git, 'objects/pack', name)
    if (isLfs) mkdirSync(dirname(to), { recursive: true })
    copyFileSync(join(from, name), to)
  }
}

/** Says where the history ends for the agent's git. Berth's own git reads this file nowhere. */
const cutHistory = async (order: WorkOrder, clone: Clone, git: string, signal: AbortSignal): Promise<void> => {
  const { depth, base } = clone
  const commits = [beginOf(clone), base].filter((sha) => sha !== '')
  if (depth === undefined || commits.length === 0) return
  const ends = await historyEnds(runGit(order, { GIT_DIR: git }, signal), commits, depth)
  if (ends.length > 0) writeFileSync(join(git, 'shallow'), ends.map((sha) => `${sha}\n`).join(''))
}

/** The files and the index of a repository that has just been written; `there`: one stood there before. */
const checkOut = async (
  order: WorkOrder,
  clone: Clone,
  { git, there, signal }: { readonly git: string; readonly there: boolean; readonly signal: AbortSignal },
): Promise<void> => {
  const run = runGit(order, { GIT_DIR: git, GIT_WORK_TREE: order.paths.work }, signal)
  const readTree = async (...args: readonly string[]) => {
    const result = await run(['-c', 'core.hooksPath=/dev/null', 'read-tree', ...args])
    if (result.code !== 0) throw new Error(`checked out ${args.at(-1)} in ${order.paths.work}: ${gitWords(result)}`)
  }
  const wip = clone.fork?.wip ?? null
  const head = beginOf(clone)
  const files = wip ?? head
  if (clone.tree !== undefined) copyIndex(clone.tree.index, join(git, 'index'))
  const fresh = !there && order.turn === 1 && order.attempt === 1
  const lies = fresh && clone.tree?.sha === files
  if (clone.reused === true) {
    const { reuseFiles } = await import('./reuse-files.ts')
    await reuseFiles(order, files, { git, signal })
  } else if (files !== '' && !lies) await readTree('--reset', '-u', files)
  if (clone.lfs !== undefined && files !== '') {
    const { fillPointers } = await import('./fill-pointers.ts')
    await fillPointers(order, clone, { repository: git, git: run })
  }
  // The files as they were, and an index that says which of them are committed.
  if (wip !== null && wip !== head) await readTree(...(head === '' ? ['--empty'] : ['--reset', head]))
}

/** Fills a work folder that has no checkout yet. Throws with git's words. */
export const makeCheckout = async (order: WorkOrder, clone: Clone, signal: AbortSignal): Promise<void> => {
  const git = join(order.paths.work, '.git')
  const there = lstatSync(git, { throwIfNoEntry: false }) !== undefined
  const others = clone.reused === true && readRegular(join(git, OWNER)) !== order.task
  if (there && !others && !existsSync(join(git, UNFINISHED))) return
  if (!existsSync(join(clone.mirror, 'objects')))
    throw new Error(`cloned ${clone.mirror} into ${order.paths.work}: there is no repository`)
  mkdirSync(order.paths.work, { recursive: true })
  if (there) rmSync(git, { recursive: true, force: true })
  writeRepository(clone, git)
  if (clone.reused === true) writeFileSync(join(git, OWNER), order.task)
  if (clone.fork?.objects === true) takeObjects(order, git)
  await cutHistory(order, clone, git, signal)
  await checkOut(order, clone, { git, there, signal })
  rmSync(join(git, UNFINISHED))
}
