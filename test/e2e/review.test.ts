import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { KEY } from '../fixtures/workshop.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

describe.each(rootfulEngines().slice(0, 1))('--mode review on $name', ({ flag }) => {
  const bench = workshopBench(flag)
  beforeAll(() => {
    const tree = git(bench.remote.bare, ['rev-parse', 'main^{tree}'])
    const commit = git(bench.remote.bare, ['commit-tree', tree, '-p', 'main', '-m', 'the feature'])
    git(bench.remote.bare, ['update-ref', 'refs/heads/feature', commit])
  })
  const review = (...args: readonly string[]) => {
    const place = ['--engine', flag, '--base-url', bench.model.url, '--repo', bench.remote.url]
    return bench.b.run(['run', ...place, '--mode', 'review', ...args])
  }

  test('the agent is told what to look at; its findings are the result; what it changes stays nowhere', async () => {
    const look = 'git log --format=%s origin/HEAD..HEAD; echo planted > planted.txt; git add .; git commit -qm planted'
    bench.model.load({ key: KEY, steps: [{ shell: look }], after: { text: 'One finding: the lock is missing.' } })
    const ran = await review('--branch', 'feature')
    expect(ran.code, ran.stderr).toBe(0)
    const id = /task (t-[0-9a-z]+)/.exec(ran.stdout)?.[1] ?? ''
    expect(bench.model.requests.find(({ kind }) => kind === 'main')?.text).toContain('git diff origin/HEAD...HEAD')
    const events = await bench.b.events(id)
    expect(events.find(({ type }) => type === 'agent.tool.end')).toMatchObject({ output: 'the feature\n' })
    expect(git(bench.remote.bare, ['for-each-ref', '--format=%(refname:short)', 'refs/heads'])).toBe('feature\nmain')
    expect(await bench.b.status(id)).toMatchObject({ state: 'done', title: 'Review of feature', pushed: null })
    expect(readFileSync(join(bench.b.home, 'tasks', id, 'out', 'summary.md'), 'utf8')).toContain('the lock is missing')
  })

  test('what cannot be is one error, and nothing is made', async () => {
    const before = (await bench.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length
    const cases = [
      [['--branch', 'feature', '--push-to', 'main'], 'nothing to push'],
      [['--branch', 'feature', '--review-base', '-x'], '-x'],
      [['--source', 'copy'], 'needs a --repo'],
    ] as const
    for (const [args, says] of cases)
      expect(await review(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(says) })
    const alone = await bench.b.run(['run', '--engine', flag, '--agent', 'noop', '--review-base', 'main', 'x'])
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--mode review') })
    expect((await bench.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length).toBe(before)
  })
})
