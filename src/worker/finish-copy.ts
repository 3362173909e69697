import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type FrameBody, PATCH_FILE, type WorkOrder } from '../domain/worker-protocol.ts'
import { asTheyAre, baselineFolder, baselineTree, makeCopy } from './make-copy.ts'
import { gitWords } from './run-git.ts'
import { scratchRepository } from './scratch-repository.ts'

type Work = Extract<FrameBody, { k: 'work' }>

/** Writes what changed since the folder was copied as one patch, which `git apply` takes. */
export const finishCopy = async (order: WorkOrder): Promise<Work> => {
  if (baselineTree(order) === undefined) await makeCopy(order, AbortSignal.any([]))
  const tree = baselineTree(order)
  if (tree === undefined)
    throw new Error(`compared ${order.paths.work} with what was copied: the agent removed its record`)
  const repository = baselineFolder(order)
  using scratch = scratchRepository({
    ...{ order, repository, mirror: repository, sha256: false, refs: new Map<string, string>(), head: null },
  })
  asTheyAre(scratch.folder)
  const add = await scratch.git(['add', '--all', '--ignore-errors', '--', '.'])
  const problem = add.code === 0 ? {} : { problem: `added the changed files: ${gitWords(add)}` }
  const diff = ['diff-index', '--cached', '--no-renames']
  const names = await scratch.git([...diff, '--name-only', '-z', tree])
  if (names.code !== 0) throw new Error(`compared ${order.paths.work} with what was copied: ${gitWords(names)}`)
  const path = join(order.paths.exchange, PATCH_FILE)
  rmSync(path, { recursive: true, force: true })
  const uncommitted = names.stdout.split('\0').filter((name) => name !== '')
  const work = { k: 'work', head: null, base: '', branch: '', branches: [], committed: false, bundle: null } as const
  if (uncommitted.length === 0) return { ...work, uncommitted, patch: null, ...problem }
  const args = ['--binary', '--full-index', '--no-ext-diff', '--no-textconv', '--no-color', `--output=${path}`, tree]
  const patch = await scratch.git([...diff, ...args])
  if (patch.code !== 0) throw new Error(`bundled the changes of ${order.paths.work}: ${gitWords(patch)}`)
  return { ...work, uncommitted, patch: lstatSync(path).size, ...problem }
}
