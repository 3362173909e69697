import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gitWords } from '../inside/git-runner.ts'
import { copyIndex } from './copy-index.ts'
import { readRegular } from './read-refs.ts'
import type { Scratch } from './scratch-repository.ts'
import { addAllBut } from './stage-nested.ts'

const rows = (text: string) => text.split('\0').filter((row) => row !== '')

const rebuildIndex = async (scratch: Scratch, head: string | null) => {
  rmSync(scratch.index, { force: true })
  if (head !== null) await scratch.git(['read-tree', head])
}

/** Files that differ from HEAD, ignored ones aside, as they are named below the work folder. */
const listUncommitted = async (scratch: Scratch): Promise<readonly string[] | undefined> => {
  const what = ['--porcelain=v1', '-z', '--untracked-files=all', '--no-renames', '--ignore-submodules=dirty']
  const { code, stdout } = await scratch.git(['status', ...what])
  return code === 0 ? rows(stdout).map((row) => row.slice(3)) : undefined
}

export type Staged = {
  /** Names of the files that differ from HEAD. Null: all of them are in the index, and the commit tells. */
  readonly uncommitted: readonly string[] | null
  readonly problem?: string
}

/** Brings the index to what the work folder has, as far as it can be read. */
export const stageAll = async (
  scratch: Scratch,
  head: string | null,
  /** Paths that are left as they are in the index; their bytes, one a character. */
  less: readonly string[] = [],
): Promise<Staged> => {
  const add = () => addAllBut(scratch, less)
  if (!existsSync(scratch.index)) await rebuildIndex(scratch, head)
  let result = await add()
  if (result.code === 0) return { uncommitted: null }
  let uncommitted = await listUncommitted(scratch)
  if (uncommitted === undefined) {
    // An index that git can't read, or that leans on another file.
    await rebuildIndex(scratch, head)
    result = await add()
    if (result.code === 0) return { uncommitted: null }
    uncommitted = await listUncommitted(scratch)
  }
  const problem = `added the uncommitted files: ${gitWords(result)}`
  if (uncommitted === undefined) throw new Error(problem)
  return { uncommitted, problem }
}

/** Names of the files in which a commit of ours differs from the one before it. */
export const changedFiles = async (
  scratch: Scratch,
  before: string | null,
  sha: string,
): Promise<readonly string[]> => {
  const range = before === null ? ['--root', '--no-commit-id', sha] : [before, sha]
  return rows((await scratch.git(['diff-tree', '-r', '-z', '--name-only', ...range])).stdout)
}

const MERGING = ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'AUTO_MERGE', 'SQUASH_MSG', 'CHERRY_PICK_HEAD', 'REVERT_HEAD']

/** A merge that the agent began becomes a merge in the commit too. */
export const takeMerge = (scratch: Scratch, repository: string) => {
  const heads = readRegular(join(repository, 'MERGE_HEAD'))
  if (heads !== undefined && /^(?:[0-9a-f]{40,64}\n)+$/.test(heads))
    writeFileSync(join(scratch.folder, 'MERGE_HEAD'), heads)
}

/** Commits the index on top of HEAD. Null: there is nothing new in it. */
export const commitIndex = async (scratch: Scratch, message: string): Promise<string | null> => {
  const before = readRegular(join(scratch.folder, 'HEAD'))
  const quietly = ['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--cleanup=verbatim', '--allow-empty-message']
  let commit = await scratch.git([...quietly, '--file=-'], { input: message })
  const merge = join(scratch.folder, 'MERGE_HEAD')
  if (commit.code !== 0 && existsSync(merge)) {
    rmSync(merge)
    commit = await scratch.git([...quietly, '--file=-'], { input: message })
  }
  const head = readRegular(join(scratch.folder, 'HEAD'))?.trim() ?? ''
  const sha = head.startsWith('ref: ') ? readRegular(join(scratch.folder, head.slice(5)))?.trim() : head
  if (commit.code === 0 && sha !== undefined && sha !== before?.trim()) return sha
  if (commit.code === 1 && commit.stderr === '') return null
  throw new Error(`committed the uncommitted files: ${gitWords(commit)}`)
}

/** Gives the repository the index that fits its new HEAD, and ends what was under way there. */
export const giveIndex = (scratch: Scratch, repository: string) => {
  try {
    for (const name of MERGING) rmSync(join(repository, name), { recursive: true, force: true })
    const target = join(repository, 'index')
    rmSync(target, { recursive: true, force: true })
    copyIndex(scratch.index, target)
  } catch {
    // git makes another one.
  }
}
