import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { CloneWorkspace, WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { type Berth, makeBerth, putOrder, runWorker, sh, startWorker } from './worker-harness.ts'

/** An order for a task on app and lib. */
const setUp = (script: string) => {
  const berth = makeBerth({ 'app.txt': 'app\n' })
  const mirror = berth.at('lib.git')
  makeBare(mirror, { 'lib.txt': 'lib\n' })
  const made = berth.order(sh(script))
  if (made.workspace.kind !== 'clone') throw new Error('no clone')
  const base = git(mirror, ['rev-parse', 'main'])
  const lib: CloneWorkspace & { folder: string } = { ...made.workspace, mirror, base, folder: 'lib' }
  const order: WorkOrder = { ...made, workspace: { ...made.workspace, folder: 'app' }, further: [lib] }
  return { berth, order, mirror }
}

/** The subjects and files of a bundle, in a clone of its mirror. */
const contentOf = (berth: Berth, mirror: string, bundle: string) => {
  const folder = berth.at(`taken-${bundle}`)
  rmSync(folder, { recursive: true, force: true })
  git('/', ['clone', '--quiet', '--bare', mirror, folder])
  git(folder, ['fetch', '--quiet', berth.at('exchange', bundle), 'HEAD:refs/taken/head'])
  const lines = (args: readonly string[]) => git(folder, args).split('\n')
  return [
    lines(['log', '--format=%s', 'refs/taken/head', '--not', 'main']),
    lines(['ls-tree', '-r', '--name-only', 'refs/taken/head']),
  ]
}

test('each repository is cloned into its folder, and its work is bundled by itself', async () => {
  const script = `pwd; ls; cat app/app.txt lib/lib.txt
    git -C app status --porcelain; git -C lib branch --show-current
    cd app; echo 1 > one; git add one; git commit -qm "one in app"; cd ..
    echo 2 > lib/two`
  const { berth, order, mirror } = setUp(script)
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.code).toBe(0)
  expect(result.out().toString().split('\n')).toEqual([
    ...[berth.at('work'), 'app', 'lib', 'app', 'lib', `berth/${berth.task}`, ''],
  ])
  const works = result.frames.flatMap((frame) => (frame.k === 'work' ? [frame] : []))
  expect(works).toMatchObject([
    { base: berth.base, committed: false, uncommitted: [] },
    { repository: 'lib', committed: true, uncommitted: ['two'] },
  ])
  expect(works[0]).not.toHaveProperty('repository')
  expect(contentOf(berth, berth.mirror, 'work.bundle')).toEqual([['one in app'], ['app.txt', 'one']])
  expect(contentOf(berth, mirror, 'work-1.bundle')).toEqual([['Do it'], ['lib.txt', 'two']])
})

test('a repository without work has a frame without a bundle', async () => {
  const { berth, order } = setUp('echo 2 > lib/two')
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.frames.filter(({ k }) => k === 'work')).toMatchObject([{ bundle: null }, { repository: 'lib' }])
  expect(readdirSync(berth.at('exchange')).filter((name) => name.endsWith('.bundle'))).toEqual(['work-1.bundle'])
})

test('what lies beside the repositories is named as work that is nowhere else', async () => {
  const { berth, order } = setUp('echo 1 > notes.md; mkdir other; echo 1 > app/a')
  using _ = berth
  const [app, lib] = (await runWorker(berth, order)).frames.filter(({ k }) => k === 'work')
  expect(app).toMatchObject({ unkept: ['notes.md', 'other'], uncommitted: ['a'] })
  expect(lib).not.toHaveProperty('unkept')
})

test('a repository whose folder the agent removed has no work, and the others have', async () => {
  const { berth, order } = setUp('mv lib elsewhere; echo 1 > app/a')
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.code).toBe(0)
  const [app, lib] = result.frames.filter(({ k }) => k === 'work')
  expect(app).toMatchObject({ committed: true, unkept: ['elsewhere'] })
  const problem = expect.stringMatching(/^the folder .*\/lib is not there any more/)
  expect(lib).toMatchObject({ repository: 'lib', bundle: null, committed: false, problem })
})

test('if the work of one cannot be kept, that of the others is, and the failure names the folder', async () => {
  const { berth, order, mirror } = setUp('echo 2 > lib/two; rm app/.git/config; mkfifo app/.git/config')
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.code).toBe(125)
  expect(result.get('fail')).toMatchObject({ stage: 'commit', message: expect.stringMatching(/^app: /) })
  expect(result.frames.filter(({ k }) => k === 'work')).toMatchObject([{ repository: 'lib', committed: true }])
  expect(contentOf(berth, mirror, 'work-1.bundle')[0]).toEqual(['Do it'])
})

test('a clone that fails begins no agent, and the next attempt clones what is missing', async () => {
  const { berth, order } = setUp('ls app lib')
  using _ = berth
  const [lib] = order.further ?? []
  if (lib === undefined) throw new Error('no lib')
  const away = { ...order, further: [{ ...lib, mirror: berth.at('none.git') }] }
  const result = await runWorker(berth, away)
  expect(result.get('fail')).toMatchObject({ stage: 'clone', message: expect.stringContaining('none.git') })
  expect(result.get('agent-start')).toBeUndefined()
  writeFileSync(berth.at('work/app/kept'), '1')
  expect((await runWorker(berth, { ...order, attempt: 2 })).out().toString()).toContain('lib.txt')
  expect(existsSync(berth.at('work/app/kept'))).toBe(true)
})

test('git trusts each of the folders', async () => {
  const { berth, order } = setUp('git -C app log --format=%s; git -C lib log --format=%s')
  using _ = berth
  putOrder(berth, { ...order, run: { ...order.run, env: { ...order.run?.env, HOME: berth.at('home') } } })
  expect((await startWorker(berth).end).out().toString()).toBe('first\nfirst\n')
})
