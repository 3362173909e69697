import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type FrameBody, PATCH_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { findNested } from './find-nested.ts'
import { baselineFolder, baselineScratch, baselineTree, makeCopy } from './make-copy.ts'
import { readRefs } from './read-refs.ts'
import { addAllBut, judgeNested, type Staged, stageNested } from './stage-nested.ts'

type Work = Extract<FrameBody, { k: 'work' }>

/** Names of repositories inside that have commits, or files that are no part of the patch. */
const withCommits = (nested: readonly Staged[]): readonly string[] =>
  nested
    .filter(({ common, asFiles }) => !asFiles || (common !== null && readRefs(common, ['refs/heads']).size > 0))
    .map(({ path }) => Buffer.from(path, 'latin1').toString('utf8'))

/** Writes what changed since the folder was copied as one patch, which `git apply` takes. */
export const finishCopy = async (order: WorkOrder): Promise<Work> => {
  if (baselineTree(order) === undefined) await makeCopy(order, AbortSignal.any([]))
  const tree = baselineTree(order)
  if (tree === undefined)
    throw new Error(`compared ${order.paths.work} with the copied files: the agent removed the record of them`)
  const repository = baselineFolder(order)
  using scratch = baselineScratch(order)
  const { work } = order.paths
  const { nested: found } = findNested({ work, repository, scratch: scratch.folder })
  const nested = await judgeNested({ scratch, work, repository, nested: found })
  const add = await addAllBut(
    scratch,
    nested.map(({ path }) => path),
  )
  // A patch has no commits: those of a repository inside stay where they are.
  const unkept = [...(await stageNested(scratch, nested)), ...withCommits(nested)]
  const problem = add.code === 0 ? {} : { problem: `added the changed files: ${gitWords(add)}` }
  const diff = ['diff-index', '--cached', '--no-renames']
  const names = await scratch.git([...diff, '--name-only', '-z', tree])
  if (names.code !== 0) throw new Error(`compared ${order.paths.work} with the copied files: ${gitWords(names)}`)
  const path = join(order.paths.exchange, PATCH_FILE)
  rmSync(path, { recursive: true, force: true })
  const uncommitted = names.stdout.split('\0').filter((name) => name !== '')
  const none = { k: 'work', head: null, base: '', branch: '', branches: [], committed: false, bundle: null } as const
  const left = { ...none, ...(unkept.length > 0 && { unkept: [...new Set(unkept)] }) }
  if (uncommitted.length === 0) return { ...left, uncommitted, patch: null, ...problem }
  const args = ['--binary', '--full-index', '--no-ext-diff', '--no-textconv', '--no-color', `--output=${path}`, tree]
  const patch = await scratch.git([...diff, ...args])
  if (patch.code !== 0) throw new Error(`bundled the changes of ${order.paths.work}: ${gitWords(patch)}`)
  return { ...left, uncommitted, patch: lstatSync(path).size, ...problem }
}
