import { copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FORK_OBJECTS, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { copyIndex } from './copy-index.ts'
import { historyEnds } from './history-ends.ts'
import { packedRefs, readRefs, readRegular } from './read-refs.ts'
import { runGit } from './run-git.ts'

type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>

/** Stands in the repository until its files are checked out, so that a checkout that was killed is done again. */
const UNFINISHED = 'berth-unfinished'

export const isSha256 = (mirror: string): boolean =>
  /objectformat\s*=\s*sha256/i.test(readRegular(join(mirror, 'config'), 65_536) ?? '')

/** The commit that the branch begins at. */
const beginOf = ({ base, fork }: Clone): string => fork?.head ?? base

const config = (clone: Clone): string => {
  const sha256 = isSha256(clone.mirror)
  return [
    '[core]',
    `\trepositoryformatversion = ${sha256 ? 1 : 0}`,
    '\tfilemode = true',
    '\tbare = false',
    '\tlogallrefupdates = true',
    ...(sha256 ? ['[extensions]', '\tobjectformat = sha256'] : []),
    '[remote "origin"]',
    `\turl = ${quoteConfig(clone.url)}`,
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    '',
  ].join('\n')
}

/** With a depth, as in `git clone --depth`: the branch of the task alone, as it was when the task began. */
const remoteRefs = ({ mirror, depth, base, branch }: Clone): Map<string, string> => {
  const refs = new Map<string, string>()
  for (const [ref, sha] of readRefs(mirror, ['refs/heads', 'refs/tags'])) {
    const name = ref.replace(/^refs\/heads\//, 'refs/remotes/origin/')
    if (depth === undefined) refs.set(name, sha)
    else if (ref === `refs/heads/${branch}` && base !== '') refs.set(name, base)
  }
  return refs
}

/** The repository as `git clone --shared --no-checkout` makes it, as files: a clone costs three processes. */
const writeRepository = (clone: Clone, git: string) => {
  const fresh = `${git}.berth-new`
  rmSync(fresh, { recursive: true, force: true })
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    mkdirSync(join(fresh, folder), { recursive: true })
  const put = (name: string, text: string) => writeFileSync(join(fresh, name), text)
  const refs = remoteRefs(clone)
  const begin = beginOf(clone)
  if (begin !== '' && clone.branch !== '') refs.set(`refs/heads/${clone.branch}`, begin)
  put('config', config(clone))
  put('HEAD', clone.branch === '' && begin !== '' ? `${begin}\n` : `ref: refs/heads/${clone.branch || 'main'}\n`)
  put('objects/info/alternates', `${join(clone.mirror, 'objects')}\n`)
  put('packed-refs', packedRefs(refs))
  put('info/exclude', '')
  const main = /^ref: refs\/heads\/(\S+)/.exec(readRegular(join(clone.mirror, 'HEAD')) ?? '')?.[1]
  if (main !== undefined && refs.has(`refs/remotes/origin/${main}`)) {
    mkdirSync(join(fresh, 'refs/remotes/origin'), { recursive: true })
    put('refs/remotes/origin/HEAD', `ref: refs/remotes/origin/${main}\n`)
  }
  put(UNFINISHED, '')
  renameSync(fresh, git)
}

/** The commits that a fork begins with and the mirror has not. */
const takeObjects = (order: WorkOrder, git: string) => {
  const from = join(order.paths.exchange, FORK_OBJECTS)
  for (const name of readdirSync(from)) copyFileSync(join(from, name), join(git, 'objects/pack', name))
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
  if (files !== '' && !lies) await readTree('--reset', '-u', files)
  if (clone.lfs !== undefined && files !== '') {
    const { fillPointers } = await import('./fill-pointers.ts')
    await fillPointers(order, clone, run)
  }
  // The files as they were, and an index that says which of them are committed.
  if (wip !== null && wip !== head) await readTree(...(head === '' ? ['--empty'] : ['--reset', head]))
}

/** Fills a work folder that has no checkout yet. Throws with git's words. */
export const makeCheckout = async (order: WorkOrder, clone: Clone, signal: AbortSignal): Promise<void> => {
  const git = join(order.paths.work, '.git')
  const there = lstatSync(git, { throwIfNoEntry: false }) !== undefined
  if (there && !existsSync(join(git, UNFINISHED))) return
  if (!existsSync(join(clone.mirror, 'objects')))
    throw new Error(`cloned ${clone.mirror} into ${order.paths.work}: there is no repository`)
  mkdirSync(order.paths.work, { recursive: true })
  if (there) rmSync(git, { recursive: true, force: true })
  writeRepository(clone, git)
  if (clone.fork?.objects === true) takeObjects(order, git)
  await cutHistory(order, clone, git, signal)
  await checkOut(order, clone, { git, there, signal })
  rmSync(join(git, UNFINISHED))
}
