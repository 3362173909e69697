import type { CommittedWork } from '../api/answers.ts'
import { BerthError } from '../domain/errors.ts'
import type { UserGit } from './user-git.ts'

/** Brings the task's commits, which were checked when they left the sandbox, into a repository; no ref is made. */
export const fetchWork = async (git: UserGit, work: CommittedWork): Promise<void> => {
  const { id, publish, base, head, wip, ref } = work
  const own = [...(head === base ? [] : ['refs/berth/take/head']), ...(wip === null ? [] : ['refs/berth/take/wip'])]
  const refs = ref === undefined ? own : [ref]
  const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--no-recurse-submodules']
  const alone = ['--no-prune', '--no-prune-tags', '--no-write-commit-graph']
  await git.run(['fetch', ...quietly, ...alone, publish, ...refs])
  for (const sha of [head, ...(wip === null ? [] : [wip])])
    if (sha !== '') await git.run(['cat-file', '-e', `${sha}^{commit}`])
  const born = await git.attempt(['rev-parse', '--quiet', '--verify', 'HEAD'])
  if (base === '' || born.code !== 0) return
  const common = await git.attempt(['merge-base', 'HEAD', base])
  if (common.code !== 0)
    throw new BerthError('bad-repository', `${git.folder} has no commit in common with ${id}`, {
      hint: 'Run the command in a checkout of the repository that the task works on.',
    })
}
