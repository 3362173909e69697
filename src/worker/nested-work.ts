import { lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { nestedRef } from '../domain/kept-ref.ts'
import { copyIndex } from './copy-index.ts'
import { readHead, readRefs, readStash } from './read-refs.ts'
import type { Scratch } from './scratch-repository.ts'
import { belowOf, indexFolder, isFilled, putFolder, type Staged } from './stage-nested.ts'
import { isSha256 } from './write-repository.ts'

const MOST_REFS = 50
const MOST_BYTES = 512 * 1024 ** 2
const GITLINK = Buffer.from([0, 0, 0xe0, 0])

export type NestedWork = {
  readonly refs: ReadonlyMap<string, string>
  readonly unkept: readonly string[]
  /** Repositories that stay where they are, in words. */
  readonly notes: readonly string[]
}

const textOf = (path: string) => Buffer.from(path, 'latin1').toString('utf8')

const packedBytes = (objects: string): number => {
  let sum = 0
  for (const name of readdirSync(join(objects, 'pack'))) sum += lstatSync(join(objects, 'pack', name)).size
  return sum
}

/** Whether git can have its objects beside those of the task's repository. */
const isBorrowable = (common: string, sha256: boolean): boolean => {
  try {
    return isSha256(common) === sha256 && packedBytes(`${common}/objects`) <= MOST_BYTES
  } catch {
    return false
  }
}

const commitOf = async (scratch: Scratch, tree: string, head: string | null, text: string): Promise<string | null> => {
  const parent = head === null ? [] : ['-p', head]
  const made = await scratch.git(['commit-tree', '--no-gpg-sign', ...parent, '-m', text, tree])
  return made.code === 0 ? made.stdout.trim() : null
}

const writeTree = async (scratch: Scratch, index: string): Promise<string | null> => {
  const { code, stdout } = await scratch.git(['write-tree'], { env: { GIT_INDEX_FILE: index } })
  return code === 0 ? stdout.trim() : null
}

const treeOf = async (scratch: Scratch, sha: string | null): Promise<string | null> => {
  if (sha === null) return null
  const { code, stdout } = await scratch.git(['rev-parse', '--verify', '--quiet', `${sha}^{tree}`])
  return code === 0 ? stdout.trim() : null
}

/** A commit of what lies there on top of its HEAD; null where it is the same. */
const looseWork = async (scratch: Scratch, one: Staged, head: string | null, less: readonly string[]) => {
  const index = `${one.at}.index`
  const theirs = lstatSync(`${one.git}/index`, { throwIfNoEntry: false })
  if (theirs?.isFile() === true) copyIndex(`${one.git}/index`, index)
  await indexFolder(scratch, one.at, { index, less })
  const tree = await writeTree(scratch, index)
  if (tree === null || tree === (await treeOf(scratch, head))) return null
  const isEmpty = head === null && (await scratch.git(['ls-tree', tree])).stdout === ''
  return isEmpty ? null : await commitOf(scratch, tree, head, `Uncommitted work in ${textOf(one.path)}`)
}

type Row = readonly [what: string, sha: string]

/** What its refs name that its remote has not. */
const ownRefs = async (scratch: Scratch, { git, common, isWorktree }: Staged, known: ReadonlySet<string>) => {
  if (git === null || common === null) return { head: null, rows: [] }
  const branches = readRefs(common, ['refs/heads'])
  const head = readHead(git, branches)
  const stash = isWorktree ? [] : readStash(common).map((sha, at): Row => [`stash/${at}`, sha])
  const heads = isWorktree ? [] : [...branches].map(([ref, sha]): Row => [ref.replace('refs/', ''), sha])
  const all = [...(head.ref === null && head.sha !== null ? [['HEAD', head.sha] as const] : []), ...heads, ...stash]
  // Beside its branches, the commit of a submodule that was checked out for the agent.
  const remotes = [...new Set(readRefs(common, ['refs/remotes', 'refs/berth']).values())]
  const rows: Row[] = []
  for (const row of all.filter(([, sha]) => !known.has(sha) && !remotes.includes(sha)).slice(0, MOST_REFS)) {
    const args = [
      'rev-list',
      '--max-count=1',
      '--ignore-missing',
      row[1],
      '--not',
      ...remotes.slice(0, 500),
      ...[...known].slice(0, 500),
      '--',
    ]
    const { code, stdout } = await scratch.git(args)
    if (code !== 0 || stdout !== '') rows.push(row)
  }
  return { head: head.sha, rows }
}

const note = (one: Staged): string[] =>
  one.remote === null || one.isSubmodule
    ? []
    : [`${textOf(one.path)} is a clone of ${one.remote} and is not part of the work`]

/** The commit of the work names it. */
const unpushed = ({ path, isSubmodule }: Staged, head: string | null, rows: readonly Row[]): readonly string[] =>
  isSubmodule && rows.some(([, sha]) => sha === head)
    ? [`submodule ${textOf(path)} is at a commit that its remote does not have: Berth keeps it and pushes it nowhere`]
    : []

/** Lets git find the objects of a repository inside; false where they cannot be beside ours. */
const borrow = (scratch: Scratch, { common, at, isWorktree }: Staged, sha256: boolean): boolean => {
  if (common === null || isWorktree) return true
  if (!isBorrowable(common, sha256)) return false
  const link = `${at}.objects`
  symlinkSync(`${common}/objects`, link)
  scratch.borrow(link)
  return true
}

/** The own commits of repositories inside, and what is not committed there where it is no part of the task's commit. */
export const nestedWork = async (input: {
  readonly scratch: Scratch
  readonly nested: readonly Staged[]
  readonly sha256: boolean
  /** What the mirror has. */
  readonly known: ReadonlySet<string>
}): Promise<NestedWork> => {
  const { scratch, nested, sha256, known } = input
  const refs = new Map<string, string>()
  const unkept: string[] = []
  const notes = nested.flatMap(note)
  const put = (path: string, what: string, sha: string) => {
    const ref = nestedRef(path, what)
    if (ref === undefined) unkept.push(textOf(path))
    else refs.set(ref, sha)
  }
  for (const one of nested) {
    const { path } = one
    if (!borrow(scratch, one, sha256)) {
      unkept.push(textOf(path))
      continue
    }
    try {
      const { head, rows } = await ownRefs(scratch, one, known)
      for (const [what, sha] of rows) put(path, what, sha)
      notes.push(...unpushed(one, head, rows))
      if (one.asFiles || one.git === null) continue
      const loose = await looseWork(scratch, one, head, belowOf(nested, one))
      if (loose !== null) put(path, 'uncommitted', loose)
    } catch {
      unkept.push(textOf(path))
    }
  }
  return { refs, unkept, notes }
}

/** Folders of submodules without a repository that have files all the same: git looks past them. */
const filledLinks = async (scratch: Scratch, work: string, nested: readonly Staged[]): Promise<readonly string[]> => {
  if (!readFileSync(scratch.index).includes(GITLINK)) return []
  const { stdout } = await scratch.git(['ls-files', '--stage', '-z'], { bytes: true })
  const links = stdout
    .split('\0')
    .flatMap((row) => (row.startsWith('160000 ') ? [row.slice(row.indexOf('\t') + 1)] : []))
  const known = new Set(nested.map(({ path }) => path))
  return links.filter((path) => !known.has(path) && isFilled(join(work, textOf(path))))
}

/** Files below a submodule that is not there: a commit beside the work, in which they are in its place. */
export const filesBelowLinks = async (input: {
  readonly scratch: Scratch
  readonly work: string
  readonly nested: readonly Staged[]
  readonly head: string | null
}): Promise<NestedWork> => {
  const { scratch, work, nested, head } = input
  const refs = new Map<string, string>()
  const unkept: string[] = []
  const links = lstatSync(scratch.index, { throwIfNoEntry: false }) ? await filledLinks(scratch, work, nested) : []
  for (const [count, path] of links.entries()) {
    const ref = nestedRef(path, 'files')
    const index = `${scratch.folder}/link-${count}.index`
    try {
      const rows = await indexFolder(scratch, join(work, textOf(path)), { index: `${index}.files`, less: [] })
      copyIndex(scratch.index, index)
      await putFolder(scratch, path, rows, { GIT_INDEX_FILE: index })
      const tree = await writeTree(scratch, index)
      const sha = tree === null ? null : await commitOf(scratch, tree, head, `Files in ${textOf(path)}`)
      if (sha === null || ref === undefined) unkept.push(textOf(path))
      else if (rows.length > 0) refs.set(ref, sha)
    } catch {
      unkept.push(textOf(path))
    }
  }
  return { refs, unkept, notes: [] }
}
