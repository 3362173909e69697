import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

const SIDES =
  'git checkout -qb side; echo theirs > README.md; git commit -qam theirs; git checkout -q -; echo ours > README.md; git commit -qam ours'

describe.each(rootfulEngines().slice(0, 1))('what an agent began and did not end, on $name', ({ flag }) => {
  const bench = workshopBench(flag)
  const pushed = (id: string) =>
    git(bench.remote.bare, ['for-each-ref', '--format=%(refname:short)', `refs/heads/berth/${id}`])

  test.each([
    ['a merge', `${SIDES}; git merge side`, 'the agent left a merge with conflicts marked in README.md'],
    ['a rebase', `${SIDES}; git rebase side`, 'the agent left a rebase with conflicts marked in README.md'],
  ])('%s is not pushed, and its work is kept', async (_, shell, words) => {
    const ran = await bench.job({ shell, args: ['--repo', bench.remote.url, '--branch', 'main'] })
    expect(ran.code, ran.stderr).toBe(1)
    const record = await bench.b.status(ran.id)
    expect(record).toMatchObject({ state: 'failed', pushed: null, reason: expect.stringContaining(words) })
    expect(pushed(ran.id)).toBe('')
    expect((await bench.b.run(['diff', ran.id])).stdout).toContain('README.md')
  })

  test('a merge that was resolved and not committed is pushed as a merge', async () => {
    const shell = `${SIDES}; git merge side; echo both > README.md; git add README.md`
    const ran = await bench.job({ shell, args: ['--repo', bench.remote.url, '--branch', 'main'] })
    expect(ran.code, ran.stderr).toBe(0)
    expect(pushed(ran.id)).toBe(`berth/${ran.id}`)
    expect(git(bench.remote.bare, ['rev-list', '--merges', '--count', `main..berth/${ran.id}`])).toBe('1')
  })
})
