import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { MODULE_LIST, type ModuleList, type ModuleRow, moduleGit } from '../domain/module-list.ts'
import type { CloneWorkspace, WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords, type RunGit } from '../inside/git-runner.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { readRegular } from './read-refs.ts'
import { runGit } from './run-git.ts'
import { UNFINISHED, writeRepository } from './write-repository.ts'

const LIST_BYTES = 1024 ** 2
/** In the repository of the work tree: the commit whose submodules were checked out. */
const DONE = 'berth-modules'
/** In the repository of a submodule: the commit that was checked out. */
const BASE = 'refs/berth/module'
const LINK_ROW = /^160000 ([0-9a-f]+) 0\t/

/** `work`, `git`: of the submodule; `run`: git there. */
type Place = { readonly work: string; readonly git: string; readonly run: RunGit }

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** No part of it is a link that leads elsewhere. */
const isPlain = (work: string, path: string): boolean => {
  const parts = path.split('/')
  return parts.every((_, at) => {
    const place = lstatSync(join(work, ...parts.slice(0, at + 1)), { throwIfNoEntry: false })
    return place === undefined || place.isDirectory()
  })
}

/** The commit that the repository around a submodule has for it now; undefined: it has none. */
const targetOf = async (order: WorkOrder, row: ModuleRow, signal: AbortSignal): Promise<string | undefined> => {
  const around = join(order.paths.work, row.path.slice(0, -row.within.length))
  const git = join(order.paths.work, '.git', row.outer)
  const run = runGit(order, { GIT_DIR: git, GIT_WORK_TREE: around }, signal)
  const listed = await run(['--literal-pathspecs', 'ls-files', '--stage', '-z', '--', row.within])
  return LINK_ROW.exec(listed.stdout)?.[1]
}

const succeed = async (run: RunGit, args: readonly string[]): Promise<void> => {
  const result = await run(['-c', 'core.hooksPath=/dev/null', ...args])
  if (result.code !== 0) throw new Error(gitWords(result))
}

const record = ({ git }: Place, sha: string): void => {
  mkdirSync(join(git, 'refs/berth'), { recursive: true })
  writeFileSync(join(git, BASE), `${sha}\n`)
}

/** The files of a submodule that is not there yet; its repository lies where git puts it. */
const fill = async (place: Place, clone: CloneWorkspace): Promise<void> => {
  const { work, git, run } = place
  const link = `gitdir: ${relative(work, git)}\n`
  const isOurs = readRegular(join(work, '.git')) === link
  if (!isOurs && isFolder(work) && readdirSync(work).length > 0) throw new Error(`${work} has files`)
  rmSync(git, { recursive: true, force: true })
  writeRepository(clone, git, relative(git, work))
  mkdirSync(work, { recursive: true })
  writeFileSync(join(work, '.git'), link)
  try {
    await succeed(run, ['read-tree', '--reset', '-u', clone.base])
  } catch (error) {
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work)
    rmSync(git, { recursive: true, force: true })
    throw error
  }
  record(place, clone.base)
  rmSync(join(git, UNFINISHED))
}

/** A rebase has moved the task to a commit with another one of the submodule, where no agent has touched it. */
const move = async (place: Place, sha: string): Promise<void> => {
  const { git, run } = place
  const base = readRegular(join(git, BASE))?.trim()
  if (base === sha) return
  const head = readRegular(join(git, 'HEAD'))?.trim()
  if (base === undefined || head !== base) throw new Error(`${git} is at ${head}`)
  await succeed(run, ['read-tree', '-m', '-u', base, sha])
  writeFileSync(join(git, 'HEAD'), `${sha}\n`)
  record(place, sha)
}

/** As `git submodule init` does it: from then on the agent's git knows the submodule. */
const activate = (outer: string, { name, url }: ModuleRow): void => {
  const config = join(outer, 'config')
  const section = `[submodule ${quoteConfig(name)}]`
  const text = readRegular(config, LIST_BYTES)
  if (text === undefined || text.includes(section)) return
  writeFileSync(config, `${text}${section}\n\tactive = true\n\turl = ${quoteConfig(url)}\n`)
}

const checkOut = async (order: WorkOrder, modules: string, row: ModuleRow, signal: AbortSignal): Promise<void> => {
  const top = join(order.paths.work, '.git')
  const outer = join(top, row.outer)
  const sha = existsSync(outer) ? await targetOf(order, row, signal) : undefined
  if (sha === undefined) return
  if (!isPlain(order.paths.work, row.path)) throw new Error(`a link leads to ${row.path}`)
  const work = join(order.paths.work, row.path)
  const git = join(top, moduleGit(row))
  const place = { work, git, run: runGit(order, { GIT_DIR: git, GIT_WORK_TREE: work }, signal) }
  if (isFolder(git) && !existsSync(join(git, UNFINISHED))) await move(place, sha)
  else {
    const { repository, url } = row
    await fill(place, { kind: 'clone', mirror: join(modules, repository), base: sha, branch: '', url })
    activate(outer, row)
  }
}

/**
 * Fills the folders of submodules, once for each commit that the task stands on; an agent that changes them later is left
 * alone. Returns the paths of those that could not be filled.
 */
export const checkOutModules = async (
  order: WorkOrder,
  modules: string,
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const text = readRegular(join(modules, MODULE_LIST), LIST_BYTES)
  const git = join(order.paths.work, '.git')
  if (text === undefined || !isFolder(git)) return []
  const list = JSON.parse(text) as ModuleList
  const done = join(git, DONE)
  if (readRegular(done)?.trim() === list.commit) return []
  const missing: string[] = []
  for (const row of list.modules) {
    await checkOut(order, modules, row, signal).catch(() => missing.push(row.path))
    // Git was ended with the turn: the next one begins again.
    if (signal.aborted) return []
  }
  writeFileSync(done, `${list.commit}\n`)
  return missing
}
