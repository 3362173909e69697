import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readRegular } from './read-refs.ts'
import { gitWords } from './run-git.ts'
import type { Scratch } from './scratch-repository.ts'

/** Files that differ from HEAD, ignored ones aside, as they are named below the work folder. */
export const listUncommitted = async (scratch: Scratch, head: string | null): Promise<readonly string[]> => {
  const status = () =>
    scratch.git([
      'status',
      '--porcelain=v1',
      '-z',
      '--untracked-files=all',
      '--no-renames',
      '--ignore-submodules=dirty',
    ])
  const rebuild = async () => {
    rmSync(scratch.index, { force: true })
    if (head !== null) await scratch.git(['read-tree', head])
  }
  if (!existsSync(scratch.index)) await rebuild()
  let result = await status()
  if (result.code !== 0) {
    // An index that git can't read, or that leans on another file.
    await rebuild()
    result = await status()
  }
  if (result.code !== 0) throw new Error(`looked for uncommitted files: ${gitWords(result)}`)
  return result.stdout
    .split('\0')
    .filter((row) => row.length > 3)
    .map((row) => row.slice(3))
}

const MERGING = ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'AUTO_MERGE', 'SQUASH_MSG', 'CHERRY_PICK_HEAD', 'REVERT_HEAD']

/** A merge that the agent began becomes a merge in the commit too. */
export const takeMerge = (scratch: Scratch, repository: string) => {
  const heads = readRegular(join(repository, 'MERGE_HEAD'))
  if (heads !== undefined && /^(?:[0-9a-f]{40,64}\n)+$/.test(heads))
    writeFileSync(join(scratch.folder, 'MERGE_HEAD'), heads)
}

export type StateCommit = { readonly sha: string | null; readonly problem?: string }

/** Commits every file of the work folder on top of HEAD, as far as it can be read. `sha` null: there was nothing in it. */
export const commitState = async (scratch: Scratch, message: string): Promise<StateCommit> => {
  const before = readRegular(join(scratch.folder, 'HEAD'))
  const add = await scratch.git(['add', '--all', '--ignore-errors', '--', '.'])
  const problem = add.code === 0 ? {} : { problem: `added the uncommitted files: ${gitWords(add)}` }
  const quietly = ['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--cleanup=verbatim', '--allow-empty-message']
  let commit = await scratch.git([...quietly, '--file=-'], { input: message })
  const merge = join(scratch.folder, 'MERGE_HEAD')
  if (commit.code !== 0 && existsSync(merge)) {
    rmSync(merge)
    commit = await scratch.git([...quietly, '--file=-'], { input: message })
  }
  const head = readRegular(join(scratch.folder, 'HEAD'))?.trim() ?? ''
  const sha = head.startsWith('ref: ') ? readRegular(join(scratch.folder, head.slice(5)))?.trim() : head
  if (commit.code === 0 && sha !== undefined && sha !== before?.trim()) return { sha, ...problem }
  if (commit.code === 1 && commit.stderr === '') return { sha: null, ...problem }
  throw new Error(`committed the uncommitted files: ${problem.problem ?? gitWords(commit)}`)
}

/** Gives the repository the index that fits its new HEAD, and ends what was under way there. */
export const giveIndex = (scratch: Scratch, repository: string) => {
  try {
    for (const name of MERGING) rmSync(join(repository, name), { recursive: true, force: true })
    const target = join(repository, 'index')
    rmSync(target, { recursive: true, force: true })
    copyFileSync(scratch.index, target)
  } catch {
    // git makes another one.
  }
}
