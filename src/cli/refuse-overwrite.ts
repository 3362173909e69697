import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { isReservedPath } from './reserved-name.ts'
import type { UserGit } from './user-git.ts'
import { type Change, GITLINK, GONE } from './work-changes.ts'

type Entry = { readonly flag: string; readonly mode: string; readonly stage: string }

/** What git knows of the checkout. Paths are bytes, here as latin1 text. */
export type Tracked = {
  readonly index: ReadonlyMap<string, Entry>
  /** Differs from HEAD, in the index or in the files. */
  readonly dirty: ReadonlySet<string>
  /** The file system takes names that differ in case only for one. */
  readonly foldsCase: boolean
  /** Files below a repository within the folder belong to it. */
  readonly nested?: true
}

const MOST_WALKED = 10_000
const NORMAL = 'H'

const fields = (bytes: Buffer): readonly string[] => bytes.toString('latin1').split('\0').filter(Boolean)
const words = (path: string): string => terminalLine(Buffer.from(path, 'latin1').toString())
const fold = (path: string): string => Buffer.from(path, 'latin1').toString().normalize('NFC').toLowerCase()

export const readTracked = async (git: UserGit): Promise<Tracked> => {
  const status = ['status', '--porcelain=v1', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules=dirty']
  const dirty = new Set(fields(await git.run(status)).map((row) => row.slice(3)))
  const index = new Map<string, Entry>()
  for (const row of fields(await git.run(['ls-files', '-z', '-v', '--stage']))) {
    const tab = row.indexOf('\t')
    const [flag = '', mode = '', , stage = ''] = row.slice(0, tab).split(' ')
    index.set(row.slice(tab + 1), { flag, mode, stage })
  }
  const isSet = async (name: string) =>
    (await git.attempt(['config', '--type=bool', name])).stdout.toString().trim() === 'true'
  return { index, dirty, foldsCase: (await isSet('core.ignoreCase')) || (await isSet('core.precomposeUnicode')) }
}

type Look = {
  readonly stat: (path: string) => Stats | undefined
  readonly list: (path: string) => readonly string[]
}

const lookIn = (folder: string): Look => {
  const at = (path: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')])
  return {
    stat: (path) => lstatSync(at(path), { throwIfNoEntry: false }),
    list: (path) => readdirSync(at(path), { encoding: 'latin1' }),
  }
}

/** lstat of a path below a file says ENOTDIR: nothing is there. */
const statOf = (look: Look, path: string): Stats | undefined => {
  try {
    return look.stat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined
    throw error
  }
}

/** What is in the way of each change, in words; undefined where nothing is. */
const obstacles = (changes: readonly Change[], tracked: Tracked, look: Look) => {
  const going = new Set(changes.filter(({ mode }) => mode === GONE).map(({ path }) => path))
  const isClean = (path: string) => {
    const entry = tracked.index.get(path)
    return entry?.stage === '0' && entry.flag === NORMAL && !tracked.dirty.has(path)
  }
  const makesRoom = (path: string) => going.has(path) && isClean(path)

  /** Why files cannot be written below a path. */
  const problemAt = (path: string, found: Stats): string | undefined => {
    if (!found.isDirectory()) return `${words(path)} is ${found.isSymbolicLink() ? 'a link' : 'a file'}`
    const isOwn = !tracked.nested && statOf(look, `${path}/.git`) !== undefined
    return isOwn ? `${words(path)} is another repository` : undefined
  }
  const parentProblem = (path: string): string | undefined => {
    const parts = path.split('/')
    for (let n = 1; n < parts.length; n += 1) {
      const parent = parts.slice(0, n).join('/')
      const found = statOf(look, parent)
      if (found === undefined || (!found.isDirectory() && makesRoom(parent))) return undefined
      const problem = problemAt(parent, found)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** A folder where a file shall be may hold only files that the same work removes. */
  const isFree = (folder: string): boolean => {
    const open = [folder]
    for (let seen = 0; open.length > 0; seen += 1) {
      const path = open.pop() ?? ''
      if (seen > MOST_WALKED) return false
      if (statOf(look, path)?.isDirectory()) open.push(...look.list(path).map((name) => `${path}/${name}`))
      else if (!makesRoom(path)) return false
    }
    return true
  }

  const replaceable = ({ path, before, mode }: Change): boolean => {
    const isLink = tracked.index.get(path)?.mode === GITLINK && (before === GITLINK || mode === GITLINK)
    return isLink || isFree(path)
  }
  const fileProblem = (path: string): string | undefined => {
    const entry = tracked.index.get(path)
    if (entry === undefined) return ''
    return entry.flag === NORMAL ? undefined : 'marked in the index as unchanged'
  }
  return (change: Change): string | undefined => {
    const { path } = change
    if (isReservedPath(path)) return 'not a name for a file in a checkout'
    const parent = parentProblem(path)
    if (parent !== undefined) return parent
    if (tracked.dirty.has(path)) return ''
    const found = statOf(look, path)
    if (found === undefined) return undefined
    if (found.isDirectory()) return replaceable(change) ? undefined : 'a folder is there'
    return fileProblem(path)
  }
}

/** Names that would fall together where the file system folds case. */
const collisions = (changes: readonly Change[], { index, foldsCase }: Tracked): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  if (!foldsCase) return found
  const going = new Set(changes.filter(({ mode }) => mode === GONE).map(({ path }) => path))
  const staying = new Map([...index.keys()].filter((path) => !going.has(path)).map((path) => [fold(path), path]))
  for (const { path, mode } of changes) {
    if (mode === GONE) continue
    const other = staying.get(fold(path))
    if (other !== undefined && other !== path) found.set(path, `the same file here as ${words(other)}`)
    staying.set(fold(path), path)
  }
  return found
}

/** The paths that must not be written, each with the reason. */
export const overwritten = (
  folder: string,
  changes: readonly Change[],
  tracked: Tracked,
): readonly { readonly path: string; readonly why: string }[] => {
  const problem = obstacles(changes, tracked, lookIn(folder))
  const folded = collisions(changes, tracked)
  const rows = new Map<string, string>()
  for (const change of changes) {
    const why = problem(change) ?? folded.get(change.path)
    if (why !== undefined) rows.set(change.path, why)
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, why]) => ({ path: words(path), why }))
}

/**
 * Refuses work that would change what is not tracked and unchanged in a checkout, or write through a link, and names all
 * of it. Nothing is changed.
 */
export const refuseOverwrite = async (git: UserGit, changes: readonly Change[], id: string): Promise<void> => {
  const rows = overwritten(git.folder, changes, await readTracked(git))
  if (rows.length === 0) return
  const named = rows.map(({ path, why }) => (why === '' ? path : `${path} (${why})`)).join(', ')
  throw new BerthError('dirty-tree', `${git.folder}: ${id} would change files that are not committed here: ${named}`)
}
