import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { FORK_OBJECTS, LFS, LFS_FILE, type WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { pointerOf, sha256 } from '../fixtures/remotes/lfs-server.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { type Berth, makeBerth, openBundle, runWorker, sh, workerFile } from './worker-harness.ts'

const LARGE = 'the content of a large file\n'
const FRESH = 'a new large file\n'.repeat(20_000)
const OTHER = 'what nobody has\n'
const FILES = {
  '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
  'a.bin': pointerOf(LARGE),
  'sub/no.bin': pointerOf(OTHER),
  'plain.txt': pointerOf(LARGE),
}

const putObject = (repository: string, content: string) => {
  const oid = sha256(content)
  const path = join(repository, 'lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

const QUOTE = (word: string) => `'${word}'`

/** A mirror with one of the objects that its files name, and an order whose agent runs this script. */
const setUp = (script: string): { readonly berth: Berth; readonly order: WorkOrder } => {
  const berth = makeBerth(FILES)
  putObject(berth.mirror, LARGE)
  const lfs = [process.execPath, workerFile(), LFS].map(QUOTE).join(' ')
  const text = `[filter "lfs"]\n\tprocess = "${lfs} . ${QUOTE(berth.mirror)}"\n\trequired = true\n`
  const made = berth.order({ ...sh(script), env: { PATH: process.env['PATH'] ?? '', HOME: berth.at('home') } })
  if (made.workspace.kind !== 'clone') throw new Error('no clone')
  const gitFiles = [{ path: '.config/berth/git', text }]
  return { berth, order: { ...made, workspace: { ...made.workspace, lfs }, gitFiles } }
}

const given = (berth: Berth) =>
  readdirSync(berth.at('exchange'))
    .filter((name) => name.startsWith(LFS_FILE))
    .map((name) => [name.slice(LFS_FILE.length), readFileSync(berth.at('exchange', name), 'utf8')])

test('a checkout has the contents that the mirror has, and nothing counts as changed', async () => {
  const { berth, order } = setUp('cat a.bin sub/no.bin plain.txt; git status --porcelain; git diff --stat HEAD')
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.out().toString()).toBe(LARGE + pointerOf(OTHER) + pointerOf(LARGE))
  expect(result.get('work')).toMatchObject({ committed: false, uncommitted: [], bundle: null })
  expect(given(berth)).toEqual([])
})

test("the agent's git commits pointers, and checks out contents", async () => {
  const { berth, order } = setUp(
    [
      'set -e',
      `printf '%s' "$FRESH" > b.bin; : > empty.bin`,
      'git add . && git commit -qm b && git show HEAD:b.bin && git show HEAD:empty.bin && git status --porcelain',
      'git rm -q b.bin a.bin && git commit -qm gone && git checkout -q HEAD~1 -- a.bin b.bin',
      'cmp b.bin "$HOME/fresh" && cat a.bin && git reset -q --hard HEAD~1 && git status --porcelain',
    ].join('\n'),
  )
  using _ = berth
  writeFileSync(berth.at('fresh'), FRESH)
  const script = order.run?.argv[2]?.replace(`printf '%s' "$FRESH"`, `cat ${berth.at('fresh')}`) ?? ''
  const run = { ...order.run!, argv: ['/bin/sh', '-c', script.replace('"$HOME/fresh"', berth.at('fresh'))] as const }
  const result = await runWorker(berth, { ...order, run })
  expect(result.out('e').toString()).toBe('')
  expect(result.out().toString()).toBe(pointerOf(FRESH) + LARGE)
  expect(given(berth)).toEqual([[sha256(FRESH), FRESH]])
  const { folder } = openBundle(berth)
  expect(git(folder, ['show', 'refs/taken/HEAD:b.bin'])).toBe(pointerOf(FRESH).trim())
})

test('uncommitted files are committed as pointers, and their contents go to the host', async () => {
  const { berth, order } = setUp('echo changed > a.bin; echo one > sub/one.bin; echo plain > b.txt')
  using _ = berth
  const result = await runWorker(berth, order)
  expect(result.get('work')).toMatchObject({ committed: true, uncommitted: ['a.bin', 'b.txt', 'sub/one.bin'] })
  const { folder } = openBundle(berth)
  const show = (path: string) => `${git(folder, ['show', `refs/taken/HEAD:${path}`])}\n`
  expect([show('a.bin'), show('sub/one.bin'), show('b.txt')]).toEqual([
    pointerOf('changed\n'),
    pointerOf('one\n'),
    'plain\n',
  ])
  expect(new Map(given(berth) as [string, string][])).toEqual(
    new Map([
      [sha256('changed\n'), 'changed\n'],
      [sha256('one\n'), 'one\n'],
    ]),
  )
  expect(existsSync(berth.at('work/a.bin'))).toBe(true)
})

test('without an order for it git has no filter', async () => {
  const { berth, order } = setUp('cat a.bin; echo new > b.bin')
  using _ = berth
  if (order.workspace.kind !== 'clone') throw new Error('no clone')
  const { lfs: _lfs, ...workspace } = order.workspace
  const result = await runWorker(berth, { ...order, workspace, gitFiles: [] })
  expect(result.out().toString()).toBe(pointerOf(LARGE))
  expect(git(openBundle(berth).folder, ['show', 'refs/taken/HEAD:b.bin'])).toBe('new')
  expect(given(berth)).toEqual([])
})

test('a fork begins with contents that only its source has, and gives them to the host', async () => {
  const { berth, order } = setUp('cat b.bin; git status --porcelain')
  using _ = berth
  if (order.workspace.kind !== 'clone') throw new Error('no clone')
  const source = berth.at('source')
  git('/', ['clone', '--quiet', berth.mirror, source])
  const head = commitFiles(source, { 'b.bin': pointerOf(FRESH) }, 'b')
  const pack = berth.at('exchange', FORK_OBJECTS)
  mkdirSync(pack)
  git(source, ['pack-objects', '--quiet', '--revs', `${pack}/pack`], { input: `${head}\n^${berth.base}\n` })
  writeFileSync(join(pack, `${LFS_FILE}${sha256(FRESH)}`), FRESH)
  const workspace = { ...order.workspace, fork: { head, wip: null, objects: true } }
  const result = await runWorker(berth, { ...order, workspace })
  expect(result.out().toString()).toBe(FRESH)
  expect(given(berth)).toEqual([[sha256(FRESH), FRESH]])
})

test('contents come into a tree that tasks share', async () => {
  const { berth, order } = setUp('cat a.bin; git status --porcelain')
  using _ = berth
  if (order.workspace.kind !== 'clone') throw new Error('no clone')
  const index = berth.at('index')
  const place = ['-c', 'core.bare=false', '--work-tree', berth.at('work')]
  git(berth.mirror, [...place, 'read-tree', '--reset', '-u', berth.base], { env: { GIT_INDEX_FILE: index } })
  const workspace = { ...order.workspace, tree: { sha: berth.base, index } }
  const result = await runWorker(berth, { ...order, workspace })
  expect(result.out().toString()).toBe(LARGE)
})
