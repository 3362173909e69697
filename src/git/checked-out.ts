import { type Exec, LIMIT } from './exec.ts'

/** The branches that a folder's repository has checked out, here or in further work trees; none of a bare one. */
export const checkedOut = async (exec: Exec, folder: string, signal?: AbortSignal): Promise<readonly string[]> => {
  const result = await exec(['-c', 'safe.directory=*', 'worktree', 'list', '--porcelain'], {
    cwd: folder,
    limitMs: LIMIT.local,
    ...(signal && { signal }),
  })
  const trees = result.stdout.toString().split('\n\n')
  return trees
    .filter((tree) => !tree.split('\n').includes('bare'))
    .flatMap((tree) => /^branch refs\/heads\/(.+)$/m.exec(tree)?.[1] ?? [])
}
