import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { MODULE_LIST, type ModuleList, type ModuleRow, moduleGit } from '../../domain/module-list.ts'
import { isOnHostOf, submoduleUrl } from '../../domain/submodule-url.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import type { Submodule } from '../../git/git.ts'
import type { SubmoduleSource } from '../../plan/plan.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import type { LaunchDeps } from '../deps.ts'
import { slowProgress } from '../slow-progress.ts'

const MOST_DEPTH = 4
const MOST_MODULES = 64
const AT_ONCE = 4

/** A repository whose commit names submodules. */
type Outer = {
  readonly mirror: string
  readonly commit: string
  readonly path: string
  /** Below `.git` of the work tree. */
  readonly git: string
  readonly base: string | null
  /** Of this one, and of those that it lies in. */
  readonly urls: readonly string[]
}

type Found = { readonly outer: Outer; readonly module: Submodule }
type Brought = { readonly row: ModuleRow; readonly outer: Outer }
type Leave = (path: string, why: string) => void

const pathIn = ({ path }: Outer, below: string): string => (path === '' ? below : `${path}/${below}`)

const readCommit = async (folder: string): Promise<string | undefined> => {
  const text = await readFile(join(folder, MODULE_LIST), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as ModuleList).commit
}

const writeList = async (folder: string, list: ModuleList): Promise<void> => {
  const path = join(folder, MODULE_LIST)
  await writeFile(`${path}.new`, JSON.stringify(list))
  await chmod(`${path}.new`, 0o644)
  await rename(`${path}.new`, path)
}

const findIn = async (
  { git, signal }: LaunchDeps,
  outers: readonly Outer[],
  leave: Leave,
): Promise<readonly Found[]> => {
  const found = outers.map(async (outer) => {
    const { modules, left } = await git.submodules({ repository: outer.mirror, commit: outer.commit, signal })
    for (const { path, why } of left) leave(pathIn(outer, path), why)
    return modules.map((module) => ({ outer, module }))
  })
  return (await Promise.all(found)).flat()
}

/** Undefined: it is left out. What is wrong with one submodule stops nothing else. */
const bringOne = async (
  deps: LaunchDeps,
  { rule, base }: SubmoduleSource,
  { outer, module }: Found,
  leave: Leave,
): Promise<Brought | undefined> => {
  const { plan, git, mirrorsDir, callerEnv, forge, emit, signal } = deps
  const { name, sha } = module
  const path = pathIn(outer, module.path)
  const read = submoduleUrl(module.url, { rule, base: outer.base })
  if (!read.ok) return void leave(path, read.error)
  const url = read.value
  if (outer.urls.includes(url)) return void leave(path, `${url} lies in itself`)
  const into = taskPaths(plan.folders.task).modules
  const onProgress = slowProgress((text) => emit({ type: 'source.progress', turn: plan.turn, text }))
  emit({ type: 'source.module', turn: plan.turn, path, url, commit: sha })
  try {
    const asked = { mirrorsDir, url, sha, pin: plan.task, into, callerEnv, onProgress, signal }
    // The key is for the host of the repository.
    const key = isOnHostOf(url, base) ? sshKeyOf(plan) : {}
    const mirror = await git.bringModule({ ...asked, ...key, ...(forge && { onToken: forge.onToken }) })
    const within = module.path
    const row = { path, within, outer: outer.git, name, url, sha, repository: basename(mirror) }
    const urls = [...outer.urls, url]
    return { row, outer: { mirror, commit: sha, path, git: moduleGit(row), base: url, urls } }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BerthError) || error.code === 'disk-full') throw error
    return void leave(path, error.message)
  }
}

const bringAll = async (
  deps: LaunchDeps,
  source: SubmoduleSource,
  found: readonly Found[],
  leave: Leave,
): Promise<readonly Brought[]> => {
  const brought: Brought[] = []
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE).map((one) => bringOne(deps, source, one, leave))
    brought.push(...(await Promise.all(some)).filter((one) => one !== undefined))
  }
  return brought
}

/** Brings the submodules of the task's commit, and theirs, to where the worker checks them out. */
export const bringModules = async (deps: LaunchDeps): Promise<void> => {
  const { plan, emit } = deps
  const { source } = plan
  if (source.kind !== 'clone' || source.submodules === undefined || source.sha === '') return
  const folder = taskPaths(plan.folders.task).modules
  if ((await readCommit(folder)) === source.sha) return
  await mkdir(folder, { recursive: true })
  const leave: Leave = (path, why) =>
    emit({ type: 'notice', level: 'warning', text: `submodule ${path} is left out: ${why}` })
  const { base } = source.submodules
  const first = { mirror: source.mirror, commit: source.sha, path: '', git: '', base, urls: [source.url] }
  const modules: ModuleRow[] = []
  let outers: readonly Outer[] = [first]
  for (let depth = 0; outers.length > 0; depth += 1) {
    const found = await findIn(deps, outers, leave)
    const room = depth < MOST_DEPTH ? MOST_MODULES - modules.length : 0
    for (const { outer, module } of found.slice(room))
      leave(pathIn(outer, module.path), `Berth takes ${MOST_MODULES} in all, ${MOST_DEPTH} in each other`)
    const brought = await bringAll(deps, source.submodules, found.slice(0, room), leave)
    modules.push(...brought.map(({ row }) => row))
    outers = brought.map(({ outer }) => outer)
  }
  await writeList(folder, { commit: source.sha, modules })
}
