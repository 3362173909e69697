import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const FILES = { 'README.md': '# Hello\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' }
type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>

/** The files of the base as they show through a layer, and the index that was made of them. */
const layFiles = ({ mirror, at, base }: Berth) => {
  const place = ['--git-dir', mirror, '--work-tree', at('work'), '-c', 'core.bare=false']
  git('/', [...place, 'read-tree', '--reset', '-u', base], { env: { GIT_INDEX_FILE: at('index') } })
}
const ordered = (berth: Berth, script: string, more: Partial<Clone> = {}): WorkOrder => {
  const order = berth.order(sh(script))
  const tree = { sha: berth.base, index: berth.at('index') }
  return { ...order, workspace: { ...(order.workspace as Clone), tree, ...more } }
}
const seen = ({ at }: Berth) =>
  Object.keys(FILES).map((name) => {
    const { ino, ctimeMs } = lstatSync(at('work', name))
    return [name, ino, ctimeMs]
  })

test('files that lie there are taken with their index: none is written', async () => {
  using berth = makeBerth(FILES)
  layFiles(berth)
  const before = seen(berth)
  const result = await runWorker(
    berth,
    ordered(berth, 'git status --porcelain; git log --format=%s; echo c > src/c.txt'),
  )
  expect(result.out().toString()).toBe('first\n')
  expect(result.get('work')).toMatchObject({ committed: true, uncommitted: ['src/c.txt'] })
  expect(seen(berth)).toEqual(before)
})

test('a fork writes what its commit has different, and no more', async () => {
  using berth = makeBerth(FILES)
  const { mirror, base } = berth
  layFiles(berth)
  const before = seen(berth)
  const work = berth.at('other')
  git('/', ['clone', '--quiet', mirror, work])
  rmSync(berth.at('other/src/b.txt'))
  writeFileSync(berth.at('other/src/c.txt'), 'c\n')
  git(work, ['add', '--all'])
  git(work, ['commit', '--quiet', '-m', 'second'])
  git(work, ['push', '--quiet', mirror, 'HEAD:other'])
  const head = git(work, ['rev-parse', 'HEAD'])
  const fork = { head, wip: null, objects: false }
  const result = await runWorker(berth, ordered(berth, 'git status --porcelain; ls src', { fork }))
  expect(result.out().toString()).toBe('a.txt\nc.txt\n')
  expect(result.get('work')).toMatchObject({ head, base, committed: false })
  writeFileSync(berth.at('work/src/b.txt'), '')
  expect(seen(berth).slice(0, 2)).toEqual(before.slice(0, 2))
})

test('a checkout that was killed half way is made whole', async () => {
  using berth = makeBerth(FILES)
  layFiles(berth)
  mkdirSync(berth.at('work/.git'))
  writeFileSync(berth.at('work/.git/berth-unfinished'), '')
  rmSync(berth.at('work/README.md'))
  const result = await runWorker(berth, ordered(berth, 'git status --porcelain; cat README.md'))
  expect(result.out().toString()).toBe('# Hello\n')
})
