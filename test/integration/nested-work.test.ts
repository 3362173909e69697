import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Uncommitted } from '../../src/domain/worker-protocol.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const FILES = { 'README.md': '# Hello\n', '.gitignore': 'ignored/\n*.log\n' }
const COMMIT = 'c() { echo "$1" > "$1"; git add -f "$1"; git commit -qm "$1"; }'

const publish = (berth: Berth) => berth.at('publish.git')

/** A turn of this script; what it left, as the host took it. */
const leave = async (berth: Berth, script: string, uncommitted: Uncommitted = 'commit') => {
  const order = berth.order(sh(`set -e; exec 2>&1; ${COMMIT}; ${script}`))
  const finish = order.finish === null ? null : { ...order.finish, uncommitted }
  const result = await runWorker(berth, { ...order, finish })
  expect(result.out().toString()).toBe('')
  expect(result.get('fail')).toBeUndefined()
  const taken = await hostGit({ path: process.env['PATH'] ?? '' }).take({
    bundle: berth.at('exchange/work.bundle'),
    publish: publish(berth),
    mirror: berth.mirror,
    base: berth.base,
    maxBytes: 50_000_000,
  })
  const show = (...args: string[]) => git(publish(berth), args)
  const others = Object.fromEntries(
    taken.others.map(({ name, sha }) => [name, show('log', '-1', '--format=%s', sha ?? '')]),
  )
  const tree = (sha: string | null) =>
    sha === null
      ? []
      : show('-c', 'core.quotePath=false', 'ls-tree', '-r', '--format=%(objectmode) %(path)', sha)
          .split('\n')
          .filter((row) => !/README|gitignore$/.test(row))
  return { work: result.get('work'), taken, others, tree, show }
}

test('a repository that was made inside is committed as files, and its own commits are kept', async () => {
  using berth = makeBerth(FILES)
  const script = `git init -q -b main lib; cd lib; echo '*.o' > .gitignore; c one; c two; git branch -q side HEAD^
    echo loose > loose; echo x > x.o; git init -q deep/inner; echo i > deep/inner/i; git init -q empty`
  const { work, taken, others, tree } = await leave(berth, script)
  expect(tree(taken.head)).toEqual(
    ['100644 lib/deep/inner/i', '100644 lib/loose', '100644 lib/one', '100644 lib/two'].sort(),
  )
  expect(others).toEqual({ 'lib:main': 'two', 'lib:side': 'one' })
  expect(work).not.toHaveProperty('unkept')
  expect(git(berth.at('work'), ['-c', 'safe.directory=*', 'fsck', '--connectivity-only'])).toBe('')
  const second = await leave(berth, 'echo more >> lib/loose; rm lib/one; mkdir lib/new; echo n > lib/new/n')
  expect(second.tree(second.taken.head)).toEqual(
    ['100644 lib/deep/inner/i', '100644 lib/loose', '100644 lib/new/n', '100644 lib/two'].sort(),
  )
})

test('a pointer that the agent committed becomes files; kept work has them too', async () => {
  using berth = makeBerth(FILES)
  const script = 'git init -q -b main lib; (cd lib; c one); git add lib 2>/dev/null; git commit -qm pointer'
  const { taken, tree, others } = await leave(berth, script)
  expect(tree(taken.head)).toEqual(['100644 lib/one'])
  expect(others).toEqual({ 'lib:main': 'one' })
  using kept = makeBerth(FILES)
  const left = await leave(kept, 'git init -q -b main lib; cd lib; c one; echo x > x', 'keep')
  expect(left.taken.head).toBeNull()
  expect(left.tree(left.taken.wip)).toEqual(['100644 lib/one', '100644 lib/x'])
  expect(left.others).toEqual({ 'lib:main': 'one' })
})

test('a clone, an ignored repository and a worktree are no part of the commit, and what they have of their own is kept', async () => {
  using berth = makeBerth(FILES)
  git('/', ['clone', '-q', '--bare', berth.mirror, berth.at('upstream.git')])
  const script = `git clone -q ${berth.at('upstream.git')} clone; (cd clone; c mine; echo loose > loose)
    git clone -q ${berth.at('upstream.git')} plain
    git init -q -b main ignored/repo; (cd ignored/repo; c hidden; echo loose > loose)
    git worktree add -q -b tree inside/tree; (cd inside/tree; c branch; echo loose > loose)
    git worktree add -q --detach ../beside; (cd ../beside; c detached)
    c own`
  const { work, taken, others, tree, show } = await leave(berth, script)
  expect(tree(taken.head)).toEqual(['100644 own'])
  const beside = berth.at('beside')
  expect(others).toEqual({
    tree: 'branch',
    'clone:main': 'mine',
    'clone:uncommitted': 'Uncommitted work in clone',
    'ignored/repo:main': 'hidden',
    'ignored/repo:uncommitted': 'Uncommitted work in ignored/repo',
    'inside/tree:uncommitted': 'Uncommitted work in inside/tree',
    [`${beside}:HEAD`]: 'detached',
  })
  const loose = taken.others.find(({ name }) => name === 'clone:uncommitted')?.ref ?? ''
  expect(show('show', `${loose}:loose`)).toBe('loose')
  expect(work?.problem).toContain('clone is a clone of')
  expect(work?.problem).not.toContain('added the uncommitted files')
  expect(work).not.toHaveProperty('unkept')
})

test('a repository below an ignored folder is no problem, inside a repository that becomes files either', async () => {
  using berth = makeBerth(FILES)
  const { work, taken, tree } = await leave(
    berth,
    `git init -q ignored/repo; git init -q lib; echo out/ > lib/.gitignore; echo x > lib/x; git init -q lib/out/deep
    echo loose > loose; c own`,
  )
  expect(tree(taken.head)).toEqual(['100644 lib/x', '100644 loose', '100644 own'])
  expect(work).not.toHaveProperty('problem')
})

test('files below a submodule that is not there are kept beside the work', async () => {
  using berth = makeBerth(FILES)
  const { mirror } = berth
  const index = { GIT_INDEX_FILE: berth.at('index') }
  git(mirror, ['read-tree', 'main'], { env: index })
  const blob = git(mirror, ['hash-object', '-w', '--stdin'], {
    input: '[submodule "v"]\n\tpath = vendor/sub\n\turl = x\n',
  })
  for (const row of [`100644,${blob},.gitmodules`, `160000,${'1'.repeat(40)},vendor/sub`])
    git(mirror, ['update-index', '--add', '--cacheinfo', row], { env: index })
  const next = git(mirror, ['commit-tree', '-p', 'main', '-m', 'sub', git(mirror, ['write-tree'], { env: index })])
  git(mirror, ['update-ref', 'refs/heads/main', next])
  const order = berth.order(sh('mkdir -p vendor/sub/d; echo lost > vendor/sub/d/f; echo own > own'))
  const result = await runWorker(berth, { ...order, workspace: { ...order.workspace, base: next } })
  expect(result.get('fail')).toBeUndefined()
  const taken = await hostGit({ path: process.env['PATH'] ?? '' }).take({
    bundle: berth.at('exchange/work.bundle'),
    publish: publish(berth),
    mirror,
    base: next,
    maxBytes: 1e6,
  })
  expect(taken.others.map(({ name }) => name)).toEqual(['vendor/sub:files'])
  expect(git(publish(berth), ['show', `${taken.others[0]?.ref}:vendor/sub/d/f`])).toBe('lost')
  expect(git(publish(berth), ['ls-tree', `${taken.head}`, 'vendor/'])).toContain('160000 commit')
})

test('names are bytes, and a repository that git cannot read has its files kept', async () => {
  using berth = makeBerth(FILES)
  const script = `d=$(printf 'r\\377'); git init -q -b main "$d"; (cd "$d"; c one; echo f > "$(printf 'f\\376')")
    git init -q -b main -- '-x: $&'; (cd -- '-x: $&'; c one)
    mkdir -p far/.git odd; echo f > far/f; echo 'gitdir: /nowhere' > odd/.git; echo o > odd/o
    git init -q --object-format=sha256 -b main other; (cd other; c one)`
  const { work, taken, show } = await leave(berth, script)
  const rows = show('ls-tree', '-r', '--name-only', taken.head ?? '').split('\n')
  expect([...rows].sort()).toEqual(
    [
      ...['"r\\377/f\\376"', '"r\\377/one"', '-x: $&/one', '.gitignore', 'README.md', 'far/f', 'odd/o', 'other/one'],
    ].sort(),
  )
  expect(taken.others.map(({ name }) => name).sort()).toEqual(['-x: $&:main', 'r\ufffd:main'])
  expect(work?.unkept).toEqual(['other'])
  rmSync(berth.at('work'), { recursive: true })
})

test('of a copied folder they are in the patch as files, and their commits are named', async () => {
  using berth = makeBerth()
  mkdirSync(berth.at('source'))
  writeFileSync(berth.at('source/a'), 'a\n')
  execFileSync('tar', ['-C', berth.at('source'), '-cf', berth.at('exchange/source.tar'), '.'])
  const finish = { uncommitted: 'commit', message: 'm', trailer: 't' } as const
  const run = sh(`set -e; ${COMMIT}; git init -q -b main lib; cd lib; c one; git init -q plain; echo p > plain/p`)
  const result = await runWorker(berth, berth.order(run, { workspace: { kind: 'copy' }, finish }))
  expect(result.get('work')).toMatchObject({ uncommitted: ['lib/one', 'lib/plain/p'], unkept: ['lib'] })
  git(berth.at('source'), ['apply', '--binary', berth.at('exchange/work.patch')])
  expect(readFileSync(berth.at('source/lib/one'), 'utf8')).toBe('one\n')
})

test.each([
  ['whose HEAD is a link, as older git made it', 'ln -sfn refs/heads/main lib/.git/HEAD'],
  ['whose .git is a file with two line ends', "mv lib/.git .git/lib; printf 'gitdir: ../.git/lib\\n\\n' > lib/.git"],
  [
    'whose .git is a file with a relative place, as a submodule’s',
    "mkdir .git/modules; mv lib/.git .git/modules/lib; echo 'gitdir: ../.git/modules/lib' > lib/.git",
  ],
])('a repository inside %s: its commits are kept', async (_, turn) => {
  using berth = makeBerth(FILES)
  const { others, tree, taken } = await leave(berth, `git init -q -b main lib; (cd lib; c one); ${turn}`)
  expect(others).toEqual({ 'lib:main': 'one' })
  expect(tree(taken.head)).toEqual(['100644 lib/one'])
})

test('the task’s own repository, whose HEAD is a link: the branch behind it is the work', async () => {
  using berth = makeBerth(FILES)
  const script = 'git checkout -q -b side; ln -sfn refs/heads/side .git/HEAD; c one; echo loose > loose'
  const { tree, taken, show } = await leave(berth, script)
  expect(tree(taken.head)).toEqual(['100644 loose', '100644 one'])
  expect(show('log', '-1', '--format=%s', `${taken.head}~1`)).toBe('one')
})
