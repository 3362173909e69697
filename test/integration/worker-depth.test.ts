import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { type Berth, makeBerth, openBundle, runWorker, sh } from './worker-harness.ts'

/** A mirror whose main has five commits and a merge, and an order for a clone of it. */
const setUp = (depth: number | undefined, script: string): { readonly berth: Berth; readonly order: WorkOrder } => {
  const berth = makeBerth({ 'README.md': '# Hello\n' })
  const source = `${berth.mirror}.work`
  for (const n of [2, 3]) commitFiles(source, { [`f${n}`]: '1\n' }, `c${n}`)
  git(source, ['checkout', '-q', '-b', 'side', 'HEAD~1'])
  commitFiles(source, { side: '1\n' }, 'side')
  git(source, ['checkout', '-q', 'main'])
  git(source, ['merge', '-q', '--no-ff', '-m', 'merge', 'side'])
  git(source, ['tag', 'v1'])
  git(source, ['push', '-q', '--all', berth.mirror])
  git(source, ['push', '-q', '--tags', berth.mirror])
  const made = berth.order(sh(script))
  if (made.workspace.kind !== 'clone') throw new Error('no clone')
  const base = git(berth.mirror, ['rev-parse', 'main'])
  const workspace = { ...made.workspace, base, branch: 'main', ...(depth !== undefined && { depth }) }
  return { berth, order: { ...made, workspace } }
}

const LOG = 'git log --format=%s | sort | tr "\\n" " "'

test.each<[number | undefined, string]>([
  [1, 'merge '],
  [2, 'c3 merge side '],
  [3, 'c2 c3 merge side '],
  [4, 'c2 c3 first merge side '],
  [100, 'c2 c3 first merge side '],
  [undefined, 'c2 c3 first merge side '],
])('a clone with depth %s has the commits %s', async (depth, commits) => {
  const { berth, order } = setUp(depth, LOG)
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.out().toString()).toBe(commits)
  expect(existsSync(berth.at('work/.git/shallow'))).toBe(depth !== undefined && depth < 4)
})

test('a clone with a depth has the branch of the task alone, and is whole for git', async () => {
  const { berth, order } = setUp(1, 'git branch -a; git tag; git status --porcelain; git fsck --no-dangling')
  using _ = berth
  const result = await runWorker(berth, order)
  const lines = result.out().toString().trim().split('\n')
  expect(lines.map((line) => line.trim())).toEqual([
    '* main',
    'remotes/origin/HEAD -> origin/main',
    'remotes/origin/main',
  ])
  expect(result.out('e').toString()).not.toContain('missing')
})

test('the rest of the history comes from the mirror', async () => {
  const { berth, order } = setUp(1, 'true')
  using _ = berth
  await runWorker(berth, order)
  const inWork = (...args: readonly string[]) => git(berth.at('work'), ['-c', 'safe.directory=*', ...args])
  expect(inWork('log', '--format=%s')).toBe('merge')
  inWork('fetch', '-q', '--unshallow', berth.mirror, 'main')
  expect(inWork('log', '--format=%s').split('\n')).toHaveLength(5)
})

test('work on a clone with a depth goes out as from any other', async () => {
  const script = 'echo 1 > one; git add one; git commit -qm one; echo 2 > two'
  const { berth, order } = setUp(1, script)
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.get('work')).toMatchObject({ committed: true, uncommitted: ['two'] })
  const { folder, refs } = openBundle(berth)
  const subjects = git(folder, ['log', '--format=%s', refs['HEAD']!]).split('\n')
  expect(subjects.slice(0, 3)).toEqual(['Do it', 'one', 'merge'])
  expect(subjects).toContain('first')
})
