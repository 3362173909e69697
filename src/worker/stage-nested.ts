import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gitWords } from '../inside/git-runner.ts'
import { remoteUrl } from './config-lines.ts'
import { isSameFolder, type Nested } from './find-nested.ts'
import { readRegular } from './read-refs.ts'
import type { Scratch } from './scratch-repository.ts'

const CONFIG_BYTES = 65_536
const LIMIT = { limitMs: 300_000 }

export type Staged = Nested & {
  /** Its files are committed as files: it has no remote, and nobody ignores it. */
  readonly asFiles: boolean
  /** Of the agent's own repository, whose branches are told anyway. */
  readonly isWorktree: boolean
  readonly isSubmodule: boolean
  readonly remote: string | null
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

const unquoted = (value: string): string =>
  value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value

/** Paths of .gitmodules in a folder, as text. */
const pathsIn = (folder: string): readonly string[] => {
  const lines = (readRegular(join(folder, '.gitmodules'), CONFIG_BYTES) ?? '').split('\n')
  return lines.flatMap((line) => {
    const path = /^\s*path\s*=\s*(.+?)\s*$/.exec(line)?.[1]
    return path === undefined ? [] : [unquoted(path)]
  })
}

/** Which of these folders .gitmodules names, that of the work tree or that of a submodule around it; outer ones first. */
const submodulesOf = (work: string, nested: readonly Nested[]): ReadonlySet<string> => {
  const found = new Set(pathsIn(work))
  for (const { path } of nested) {
    const text = bytesOf(path).toString('utf8')
    if (found.has(text)) for (const below of pathsIn(join(work, text))) found.add(`${text}/${below}`)
  }
  return found
}

const remoteOf = ({ common }: Nested): string | null =>
  common === null ? null : remoteUrl(readRegular(`${common}/config`, CONFIG_BYTES) ?? '')

const ignoredOf = async (scratch: Scratch, nested: readonly Nested[]): Promise<ReadonlySet<string>> => {
  const inside = nested.filter(({ isInside }) => isInside)
  if (inside.length === 0) return new Set()
  const input = bytesOf(inside.map(({ path }) => `${path}\0`).join(''))
  const { stdout } = await scratch.git(['check-ignore', '-z', '--stdin', '--no-index'], {
    input,
    bytes: true,
    ...LIMIT,
  })
  return new Set(stdout.split('\0'))
}

/** What is done with each repository that was found. */
export const judgeNested = async (input: {
  readonly scratch: Scratch
  readonly work: string
  readonly repository: string
  readonly nested: readonly Nested[]
}): Promise<readonly Staged[]> => {
  const { scratch, work, repository, nested } = input
  if (nested.length === 0) return []
  const submodules = submodulesOf(work, nested)
  const ignored = await ignoredOf(scratch, nested)
  return nested.map((one) => {
    const isWorktree = one.common !== null && one.common !== one.git && isSameFolder(one.common, repository)
    const isSubmodule = submodules.has(bytesOf(one.path).toString('utf8'))
    const remote = isWorktree ? null : remoteOf(one)
    const asFiles = one.isInside && !isWorktree && !isSubmodule && remote === null && !ignored.has(one.path)
    return { ...one, isWorktree, isSubmodule, remote, asFiles }
  })
}

const FROM_STDIN = ['--pathspec-from-file=-', '--pathspec-file-nul']

type Place = { readonly at?: string; readonly env?: Readonly<Record<string, string>> }

/**
 * Adds all files of a folder, less these paths, to the index. Git fails where it is told to leave out a path that it
 * ignores anyway or that lies in a submodule, so those are not named; nor are those below another one.
 */
export const addAllBut = async (scratch: Scratch, less: readonly string[], { at, env = {} }: Place = {}) => {
  const there = at === undefined ? [] : ['-C', at]
  const add = [...there, 'add', '--all', '--ignore-errors']
  if (less.length === 0) return scratch.git([...add, '--', '.'], { env })
  const asked = bytesOf(less.map((path) => `${path}\0`).join(''))
  const check = [...there, 'check-ignore', '-z', '--stdin']
  const ignored = new Set((await scratch.git(check, { env, input: asked, bytes: true, ...LIMIT })).stdout.split('\0'))
  const named = less.filter((path) => !ignored.has(path) && !less.some((other) => path.startsWith(`${other}/`)))
  const specs = ['.', ...named.map((path) => `:(exclude,literal)${path}`)]
  return scratch.git([...add, ...FROM_STDIN], {
    env,
    input: bytesOf(specs.map((spec) => `${spec}\0`).join('')),
  })
}

/** An index of a folder's files, as rows of `ls-files --stage`; what is a repository of its own below it is left out. */
export const indexFolder = async (
  scratch: Scratch,
  at: string,
  options: { readonly index: string; readonly less: readonly string[] },
): Promise<readonly string[]> => {
  if (!existsSync(at)) return []
  const env = { GIT_WORK_TREE: at, GIT_INDEX_FILE: options.index }
  const add = await addAllBut(scratch, options.less, { at, env })
  const listed = await scratch.git(['-C', at, 'ls-files', '--stage', '-z'], { env, bytes: true, ...LIMIT })
  if (listed.code !== 0) throw new Error(gitWords(add.code === 0 ? listed : add))
  return listed.stdout.split('\0').filter((row) => row !== '')
}

/** Those that git would take for a part of the task's commit, and are none. */
export const besideCommit = (nested: readonly Staged[]): readonly string[] => {
  const submodules = nested.filter(({ isSubmodule }) => isSubmodule)
  const isBelow = (path: string) => submodules.some((one) => path.startsWith(`${one.path}/`))
  return nested.filter((one) => one.isInside && !one.isSubmodule && !isBelow(one.path)).map(({ path }) => path)
}

/** Those of the others that lie below this one, named from there. */
export const belowOf = (nested: readonly Nested[], { path }: Nested): readonly string[] =>
  nested.flatMap((other) => (other.path.startsWith(`${path}/`) ? [other.path.slice(path.length + 1)] : []))

/** Puts a folder's files into an index in place of what it has there. */
export const putFolder = async (
  scratch: Scratch,
  path: string,
  rows: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const there = bytesOf(`:(literal)${path}\0`)
  const remove = ['rm', '-r', '-f', '--quiet', '--cached', '--ignore-unmatch', ...FROM_STDIN]
  await scratch.git(remove, { input: there, env, ...LIMIT })
  const files = rows.filter((row) => !row.startsWith('160000 '))
  const input = bytesOf(files.map((row) => `${row.replace('\t', `\t${path.replaceAll('$', '$$$$')}/`)}\0`).join(''))
  const put = await scratch.git(['update-index', '--add', '--replace', '-z', '--index-info'], { input, env, ...LIMIT })
  if (put.code !== 0) throw new Error(gitWords(put))
}

/** Puts the files of repositories inside into the index, as files. The names of those that could not be read. */
export const stageNested = async (scratch: Scratch, nested: readonly Staged[]): Promise<readonly string[]> => {
  const unkept: string[] = []
  for (const one of nested.filter(({ asFiles }) => asFiles)) {
    try {
      const index = `${one.at}.index`
      await putFolder(scratch, one.path, await indexFolder(scratch, one.at, { index, less: belowOf(nested, one) }))
    } catch {
      unkept.push(bytesOf(one.path).toString('utf8'))
    }
  }
  return unkept
}

export const isFilled = (folder: string): boolean => {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return false
  }
}
