import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const FILES = { 'README.md': '# Hello\n', 'src/a.txt': 'a\n', 'src/b.txt': 'b\n', '.gitignore': 'cache/\n' }
const LEAVE = `mkdir cache && echo built > cache/x; echo changed > src/b.txt; rm README.md; mkdir README.md
echo new > src/new.txt; git add -A; git commit -qm work; mkdir -p vendor/in && git init -q vendor/in; echo junk > junk
printf '[alias]\\n\\tst = !false\\n' >> .git/config; echo '*' > .git/info/exclude`

/** The order of another task in the same work folder. */
const reusing = (berth: Berth, script: string, changes: Partial<WorkOrder> = {}): WorkOrder => {
  const order = berth.order(sh(script), { ...changes, task: 't-other' })
  const { workspace } = order
  return workspace.kind === 'clone' ? { ...order, workspace: { ...workspace, branch: 'main', reused: true } } : order
}
const inWork = (berth: Berth, ...args: string[]) => git(berth.at('work'), ['-c', 'safe.directory=*', ...args])

test('a work folder that another task left has the files of the own commit, and only ignored ones beside them', async () => {
  using berth = makeBerth(FILES)
  await runWorker(berth, berth.order(sh(LEAVE)))
  const old = new Date('2020-01-01T00:00:00Z')
  utimesSync(berth.at('work', 'src/a.txt'), old, old)
  // The other task's index says that this is the committed file.
  rmSync(berth.at('work', '.gitignore'))
  symlinkSync('/etc/passwd', berth.at('work', '.gitignore'))
  const result = await runWorker(
    berth,
    reusing(berth, 'git status --porcelain; cat cache/x; git branch --show-current'),
  )
  expect(result.out().toString()).toBe('built\nmain\n')
  expect(readFileSync(berth.at('work', 'README.md'), 'utf8')).toBe('# Hello\n')
  expect(readFileSync(berth.at('work', 'src/b.txt'), 'utf8')).toBe('b\n')
  expect(lstatSync(berth.at('work', '.gitignore')).isFile()).toBe(true)
  for (const gone of ['src/new.txt', 'junk', 'vendor']) expect(existsSync(berth.at('work', gone))).toBe(false)
  // A build sees which files are the same.
  expect(statSync(berth.at('work', 'src/a.txt')).mtime).toEqual(old)
  expect(readFileSync(berth.at('work', '.git/config'), 'utf8')).not.toContain('alias')
  expect(result.get('work')).toMatchObject({ head: berth.base, uncommitted: [], bundle: null })
})

test('a further attempt and turn of the task go on where it was, and a killed checkout is made again', async () => {
  using berth = makeBerth(FILES)
  await runWorker(berth, berth.order(sh(LEAVE)))
  await runWorker(berth, reusing(berth, 'echo mine > mine.txt; git add -A; git commit -qm mine'))
  const again = await runWorker(berth, reusing(berth, 'cat mine.txt', { attempt: 2 }))
  expect(again.out().toString()).toBe('mine\n')
  const next = await runWorker(berth, reusing(berth, 'git log -1 --format=%s', { turn: 2 }))
  expect(next.out().toString()).toBe('mine\n')
  writeFileSync(berth.at('work', '.git/berth-unfinished'), '')
  mkdirSync(berth.at('work', '.git.berth-new'))
  await runWorker(berth, reusing(berth, 'true'))
  expect(inWork(berth, 'log', '-1', '--format=%s')).toBe('first')
  expect(existsSync(berth.at('work', 'mine.txt'))).toBe(false)
})

const MODULE = '1'.repeat(40)
/** Submodules as git checks them out: their repositories lie in that of the task. */
const FILL = `fill() {
  mkdir -p "$1/in" ".git/modules/$1"; echo x > "$1/in/x"
  git init -q --separate-git-dir ".git/modules/$1" "$1"; git -C "$1" add -A; git -C "$1" commit -qm sub
}
fill vendor/sub; chmod 500 vendor/sub/in; ln -s "$OUTSIDE" vendor/sub/out; rm -r links; ln -s "$OUTSIDE" links
git update-index --add --cacheinfo 160000,${MODULE},gone/mod; git commit -qm more; fill gone/mod`

/** A commit on main that has submodules at these paths. */
const withModules = (berth: Berth, ...paths: readonly string[]): string => {
  const { mirror } = berth
  const env = { GIT_INDEX_FILE: berth.at('index') }
  git(mirror, ['read-tree', 'main'], { env })
  for (const path of paths) git(mirror, ['update-index', '--add', '--cacheinfo', `160000,${MODULE},${path}`], { env })
  const next = git(mirror, ['commit-tree', '-p', 'main', '-m', 'modules', git(mirror, ['write-tree'], { env })])
  git(mirror, ['update-ref', 'refs/heads/main', next])
  return next
}

test('submodules that another task had become empty folders, and links in them or to them are not followed', async () => {
  using berth = makeBerth(FILES)
  const base = withModules(berth, 'links/mod', 'vendor/sub')
  const from = (order: WorkOrder) => ({ ...order, workspace: { ...order.workspace, base } })
  const outside = berth.at('outside')
  mkdirSync(join(outside, 'mod'), { recursive: true })
  writeFileSync(join(outside, 'mod/theirs'), 'theirs\n')
  await runWorker(berth, from(berth.order(sh(FILL.replaceAll('$OUTSIDE', outside)))))
  expect(lstatSync(berth.at('work', 'vendor/sub/.git')).isFile()).toBe(true)
  const result = await runWorker(berth, from(reusing(berth, 'git status --porcelain && find gone links vendor | sort')))
  expect(result.out().toString()).toBe('links\nlinks/mod\nvendor\nvendor/sub\n')
  expect(readFileSync(join(outside, 'mod/theirs'), 'utf8')).toBe('theirs\n')
  expect(result.get('work')).toMatchObject({ head: base, uncommitted: [], bundle: null })
})
