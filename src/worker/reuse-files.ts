import type { WorkOrder } from '../domain/worker-protocol.ts'
import { gitWords } from '../inside/git-runner.ts'
import { emptyModules } from './empty-modules.ts'
import { runGit } from './run-git.ts'

/**
 * Puts the files of a commit into a work folder that another task left. What is the same stays untouched, so that builds
 * go on from there; what git ignores stays, too; everything else goes. The other task's index is not believed.
 * Folders of submodules become empty: their repositories went with that of the other task.
 */
export const reuseFiles = async (
  order: WorkOrder,
  commit: string,
  { git, signal }: { readonly git: string; readonly signal: AbortSignal },
): Promise<void> => {
  const { work } = order.paths
  const run = runGit(order, { GIT_DIR: git, GIT_WORK_TREE: work }, signal)
  const step = async (args: readonly string[], codes: readonly number[] = [0]) => {
    const result = await run(['-c', 'core.hooksPath=/dev/null', ...args])
    if (!codes.includes(result.code)) throw new Error(`checked out ${commit} in ${work}: ${gitWords(result)}`)
  }
  await step(commit === '' ? ['read-tree', '--empty'] : ['read-tree', commit])
  // 1: some file is another one.
  await step(['update-index', '-q', '--refresh'], [0, 1])
  if (commit !== '') await step(['read-tree', '--reset', '-u', commit])
  await emptyModules(work, run)
  await step(['clean', '-ffdq'])
}
