import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Uncommitted, WorkOrder } from '../../src/domain/worker-protocol.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { AGENTS, type Berth, makeBerth, openBundle, putOrder, runWorker, sh, startWorker } from './worker-harness.ts'

const FILES = { 'README.md': '# Hello\n', 'src/a.txt': 'a\n', '.gitignore': 'ignored/\n*.log\n' }

/** What the agent's git says in the work folder after the turn. */
const inWork = (berth: Berth, ...args: string[]) => git(berth.at('work'), ['-c', 'safe.directory=*', ...args])

const withUncommitted = (order: WorkOrder, uncommitted: Uncommitted): WorkOrder => ({
  ...order,
  finish: order.finish && { ...order.finish, uncommitted },
})

const takeOnHost = (berth: Berth) =>
  hostGit({ path: process.env['PATH'] ?? '' }).take({
    bundle: berth.at('exchange/work.bundle'),
    publish: berth.at('publish.git'),
    mirror: berth.mirror,
    base: berth.base,
    maxBytes: 1_000_000,
  })

test('the work folder is a clone on its own branch, with the real origin', async () => {
  using berth = makeBerth(FILES)
  const script = 'git status -sb; git remote get-url origin; git branch -a; git config user.name; git log --format=%s'
  const result = await runWorker(berth, berth.order(sh(script)))
  expect(result.out().toString().trim().split('\n')).toEqual([
    `## berth/${berth.task}`,
    'https://git.example.invalid/a/b.git',
    `* berth/${berth.task}`,
    '  remotes/origin/HEAD -> origin/main',
    '  remotes/origin/main',
    'Ann Other',
    'first',
  ])
  expect(result.out('e').toString()).toBe('')
  expect(inWork(berth, 'fsck', '--strict')).toBe('')
})

test('nothing new: no bundle, and it is said', async () => {
  using berth = makeBerth(FILES)
  const result = await runWorker(berth, berth.order(sh('mkdir -p ignored; touch ignored/x a.log')))
  expect(result.get('work')).toMatchObject({
    head: berth.base,
    base: berth.base,
    branch: `berth/${berth.task}`,
    branches: [],
    uncommitted: [],
    committed: false,
    bundle: null,
  })
  expect(existsSync(berth.at('exchange/work.bundle'))).toBe(false)
})

test('uncommitted work is committed on the branch, with its trailer, and the folder is clean', async () => {
  using berth = makeBerth(FILES)
  const result = await runWorker(berth, berth.order(sh('echo b > src/b.txt; rm README.md; git add src; exit 1')))
  expect(result.code).toBe(1)
  const work = result.get('work')
  expect(work).toMatchObject({
    committed: true,
    uncommitted: ['README.md', 'src/b.txt'],
    branches: [`berth/${berth.task}`],
  })
  const { folder, refs } = openBundle(berth)
  expect(refs).toEqual({
    HEAD: work?.head,
    [`refs/heads/berth/${berth.task}`]: work?.head,
    'refs/berth/wip': work?.head,
  })
  expect(git(folder, ['log', '-1', '--format=%an <%ae>|%P|%B', refs['HEAD']!])).toBe(
    `Ann Other <ann@example.invalid>|${berth.base}|Do it\n\nBerth-Task: ${berth.task}`,
  )
  expect(git(folder, ['ls-tree', '-r', '--name-only', refs['HEAD']!]).split('\n')).toEqual([
    '.gitignore',
    'src/a.txt',
    'src/b.txt',
  ])
  expect(inWork(berth, 'rev-parse', 'HEAD')).toBe(work?.head)
  expect(inWork(berth, 'status', '--porcelain')).toBe('')
})

test('the host takes what the worker bundles', async () => {
  using berth = makeBerth(FILES)
  await runWorker(
    berth,
    berth.order(sh('echo 1 > one; git add one; git commit -qm one; git branch other; echo 2 > two')),
  )
  const taken = await takeOnHost(berth)
  expect(taken.descends).toBe(true)
  expect(taken.commits.map((commit) => commit.subject)).toEqual(expect.arrayContaining(['one', 'Do it']))
  expect(taken.branches.map((branch) => branch.name).sort()).toEqual([`berth/${berth.task}`, 'other'])
  expect(taken.wip).toBe(taken.head)
})

test('kept uncommitted work stays in the folder and goes out beside the commits', async () => {
  using berth = makeBerth(FILES)
  const order = withUncommitted(
    berth.order(sh('echo 1 > one; git add one; git commit -qm one; echo x >> README.md')),
    'keep',
  )
  const work = (await runWorker(berth, order)).get('work')
  expect(work).toMatchObject({ committed: false, uncommitted: ['README.md'] })
  const { folder, refs } = openBundle(berth)
  expect(refs['refs/berth/wip']).not.toBe(refs['HEAD'])
  expect(git(folder, ['rev-parse', `${refs['refs/berth/wip']}^`])).toBe(refs['HEAD'])
  expect(git(folder, ['show', `${refs['refs/berth/wip']}:README.md`])).toBe('# Hello\nx')
  expect(git(folder, ['show', `${refs['HEAD']}:README.md`])).toBe('# Hello')
  expect(inWork(berth, 'status', '--porcelain')).toBe('M README.md')
})

test('discarded work is out of the folder, but not lost', async () => {
  using berth = makeBerth(FILES)
  const order = withUncommitted(
    berth.order(sh('echo x >> README.md; rm src/a.txt; mkdir new; echo n > new/n; touch a.log')),
    'discard',
  )
  const work = (await runWorker(berth, order)).get('work')
  expect(work).toMatchObject({ head: berth.base, committed: false, branches: [] })
  const { folder, refs } = openBundle(berth)
  expect(Object.keys(refs)).toEqual(['refs/berth/wip'])
  expect(git(folder, ['ls-tree', '-r', '--name-only', refs['refs/berth/wip']!]).split('\n')).toEqual([
    '.gitignore',
    'README.md',
    'new/n',
  ])
  expect(inWork(berth, 'status', '--porcelain')).toBe('')
  expect(readFileSync(berth.at('work/README.md'), 'utf8')).toBe('# Hello\n')
  expect(existsSync(berth.at('work/a.log'))).toBe(true)
})

test('every kind of file is kept as it is', async () => {
  using berth = makeBerth({ ...FILES, 'run.sh': 'x\n' })
  const script = [
    'head -c 100000 /dev/urandom > random.bin; printf "a\\r\\nb" > crlf.txt; ln -s ../nowhere link; chmod +x run.sh',
    'printf "" > empty; echo 1 > "a name, with \\"quotes\\" and é"; mkfifo pipe; mkdir empty-folder; echo x > -dash',
    'sha256sum random.bin',
  ].join('\n')
  const result = await runWorker(berth, berth.order(sh(script)))
  const { folder, refs } = openBundle(berth)
  const tree = git(folder, ['ls-tree', '-r', '-z', refs['HEAD']!]).replace(/(?<=^|\0)(\d+) \S+ \S+\t/g, '$1 ')
  expect(tree.split('\0').filter(Boolean).sort()).toEqual(
    [
      ...['100644 .gitignore', '100644 README.md', '100644 src/a.txt', '100644 random.bin', '100644 crlf.txt'],
      ...['120000 link', '100755 run.sh', '100644 empty', '100644 a name, with "quotes" and é', '100644 -dash'],
    ].sort(),
  )
  expect(git(folder, ['cat-file', '-s', `${refs['HEAD']}:random.bin`])).toBe('100000')
  expect(git(folder, ['cat-file', '-s', `${refs['HEAD']}:crlf.txt`])).toBe('4')
  expect(result.get('work')?.uncommitted).toContain('a name, with "quotes" and é')
})

test('other branches go along, HEAD is where the agent left it', async () => {
  using berth = makeBerth(FILES)
  const script = `git switch -qc side; echo s > s; git add s; git commit -qm side; git branch same origin/main
    git switch -q --detach berth/${berth.task}; echo d > d; git add d; git commit -qm detached; git pack-refs --all`
  const result = await runWorker(berth, berth.order(sh(script)))
  expect(result.out('e').toString()).toBe('')
  const { folder, refs } = openBundle(berth)
  expect(Object.keys(refs).sort()).toEqual(['HEAD', 'refs/heads/side'])
  expect(git(folder, ['log', '-1', '--format=%s', refs['HEAD']!])).toBe('detached')
  expect(result.get('work')).toMatchObject({ branch: '', branches: ['side'], bundle: expect.any(Number) })
})

test('a failing or hostile configuration of the agent’s keeps nothing in and runs nothing', async () => {
  using berth = makeBerth(FILES)
  const mark = berth.at('exchange/ran')
  const result = await runWorker(berth, berth.order(sh(`"$AGENTS/hostile-repository.sh" ${mark}; : > ${mark}`)))
  expect(result.get('fail')).toBeUndefined()
  expect(result.get('work')).toMatchObject({ committed: true, uncommitted: ['.gitattributes', 'work.txt'] })
  const { folder, refs } = openBundle(berth)
  expect(git(folder, ['show', `${refs['HEAD']}:work.txt`])).toBe('work')
  expect(git(folder, ['log', '-1', '--format=%an', refs['HEAD']!])).toBe('Ann Other')
  expect(readFileSync(mark, 'utf8')).toBe('')
})

const BROKEN: Record<string, string> = {
  'no repository': 'rm -rf .git',
  'a repository of its own': 'rm -rf .git; git init -q; git add -A; git commit -qm own',
  'a repository elsewhere':
    'git init -q --separate-git-dir ../home/.cache-git; echo c > c; git add c; git commit -qm c',
  'a link for a repository': 'mv .git ../home/.cache-git; ln -s ../home/.cache-git .git',
  'a broken index': 'echo rubbish > .git/index',
  'a split index': 'git update-index --split-index; git add -A',
  'locks left behind': 'touch .git/index.lock .git/HEAD.lock .git/refs/heads/berth/x.lock; : > .git/packed-refs.lock',
  'a broken HEAD': 'echo rubbish > .git/HEAD',
  'a broken branch': 'echo 1111111111111111111111111111111111111111 > .git/refs/heads/broken',
  'branches with odd names':
    'cp .git/packed-refs ".git/refs/heads/a b"; mkdir .git/refs/heads/-x; ln -s /etc/passwd .git/refs/heads/link',
  'no permission to write': 'chmod -R a-w .git/objects',
  'no alternates': 'rm .git/objects/info/alternates',
  'replaced and grafted objects':
    'git replace -f HEAD $(git commit-tree -m r HEAD^{tree}); echo $(git rev-parse HEAD) > .git/shallow',
  'an embedded repository without a commit': 'mkdir sub; git -C sub init -q; echo s > sub/s',
  'an embedded repository': 'git init -q sub; cd sub; echo s > s; git add s; git commit -qm s',
  'names that no repository may hold':
    'mkdir -p .GIT sub/.Git; echo x > .GIT/config; echo x > sub/.Git/config; echo x > git~1',
  'a file that no git can read': 'ln -s /etc/passwd .gitmodules; mkfifo pipe',
  'a merge in conflict':
    'git switch -qc x; echo x > README.md; git commit -qam x; git switch -q -; echo y > README.md; git commit -qam y; git merge x',
}
for (const [name, script] of Object.entries(BROKEN)) {
  test(`work is not lost: ${name}`, async () => {
    using berth = makeBerth(FILES)
    const result = await runWorker(berth, berth.order(sh(`echo work > work.txt; (${script}) >/dev/null 2>&1; exit 0`)))
    expect(result.lines.join('\n')).toContain('"k":"work"')
    const { folder, refs } = openBundle(berth)
    expect(git(folder, ['show', `${refs['HEAD']}:work.txt`])).toBe('work')
    const taken = await takeOnHost(berth)
    expect(taken.head).toBe(refs['HEAD'])
    expect(result.frames.at(-1)?.k).toBe('end')
    chmodSync(berth.at('work'), 0o755)
  })
}

test('a merge that the agent began is committed as one', async () => {
  using berth = makeBerth(FILES)
  const script = `git switch -qc x; echo x > x; git add x; git commit -qm x; git switch -q -; echo y > y; git add y
    git commit -qm y; git merge -q --no-commit x; echo z > z`
  await runWorker(berth, berth.order(sh(script)))
  const { folder, refs } = openBundle(berth)
  expect(git(folder, ['rev-parse', `${refs['HEAD']}^2`])).toBe(refs['refs/heads/x'])
  expect(inWork(berth, 'status')).not.toContain('merging')
})

test('a HEAD that the remote has on another branch is new to the task', async () => {
  using berth = makeBerth(FILES)
  for (const [name, script] of [
    ['its tip', 'git merge -q origin/feature'],
    ['below its tip', 'git reset -q --hard origin/feature^'],
  ]) {
    rmSync(berth.at('work'), { recursive: true })
    mkdirSync(berth.at('work'))
    const commit = (parent: string) => git(berth.mirror, ['commit-tree', '-p', parent, '-m', 'x', 'main^{tree}'])
    const below = commit('main')
    git(berth.mirror, ['update-ref', 'refs/heads/feature', commit(below)])
    const result = await runWorker(berth, berth.order(sh(script ?? '')))
    expect(openBundle(berth).refs['HEAD'], name).toBe(result.get('work')?.head)
    expect((await takeOnHost(berth)).descends).toBe(true)
  }
})

test('objects that are gone are told, and the turn still says how it ended', async () => {
  using berth = makeBerth(FILES)
  const script =
    'echo 1 > one; git add one; git commit -qm one; echo 2 > two; rm -r .git/objects/$(git rev-parse HEAD^{tree} | cut -c1-2)'
  const result = await runWorker(berth, berth.order(sh(script)))
  expect(result.frames.at(-1)?.k).toBe('end')
  expect(result.get('fail')).toBeDefined()
  expect(result.code).toBe(125)
})

test('an empty repository gets its first commit', async () => {
  using berth = makeBerth('empty')
  const result = await runWorker(berth, berth.order(sh('git status -sb; echo 1 > one')))
  expect(result.out().toString()).toContain(`No commits yet on berth/${berth.task}`)
  expect(result.get('work')).toMatchObject({ base: '', committed: true, branch: `berth/${berth.task}` })
  expect(Object.keys(openBundle(berth).refs)).toContain(`refs/heads/berth/${berth.task}`)
  using nothing = makeBerth('empty')
  expect((await runWorker(nothing, nothing.order(sh('true')))).get('work')).toMatchObject({ head: null, bundle: null })
})

test('a checkout that is there is left as it is; one that was cut short is made again', async () => {
  using berth = makeBerth(FILES)
  await runWorker(berth, withUncommitted(berth.order(sh('echo mine >> README.md')), 'keep'))
  const second = await runWorker(berth, withUncommitted(berth.order(sh('cat README.md')), 'keep'))
  expect(second.out().toString()).toBe('# Hello\nmine\n')
  writeFileSync(berth.at('work/.git/berth-unfinished'), '')
  rmSync(berth.at('work/src'), { recursive: true })
  const third = await runWorker(berth, berth.order(sh('cat README.md src/a.txt')))
  expect(third.out().toString()).toBe('# Hello\na\n')
  expect(third.get('work')?.uncommitted).toEqual([])
})

test('a mirror that is not there is told', async () => {
  using berth = makeBerth(FILES)
  rmSync(berth.mirror, { recursive: true })
  const result = await runWorker(berth, berth.order(sh('true')))
  expect(result.get('fail')).toMatchObject({ stage: 'clone', message: expect.stringContaining(berth.mirror) })
  expect(result.code).toBe(125)
})

test('a stopped turn keeps its work', async () => {
  using berth = makeBerth(FILES)
  putOrder(berth, berth.order(sh('echo half > half.txt; echo ready; exec sleep 1000')))
  const worker = startWorker(berth)
  await worker.seen((frame) => frame.k === 'out')
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.get('work')).toMatchObject({ uncommitted: ['half.txt'], committed: true })
  expect(git(openBundle(berth).folder, ['show', 'refs/taken/HEAD:half.txt'])).toBe('half')
})

test('of the home only the kept paths outlive a turn, and no link leads out of it', async () => {
  using berth = makeBerth()
  const home = (...parts: string[]) => berth.at('home', ...parts)
  mkdirSync(home('.agent/sessions/a'), { recursive: true })
  mkdirSync(home('.cache/readonly'), { recursive: true })
  mkdirSync(home('go/mod'), { recursive: true })
  mkdirSync(berth.at('outside'))
  for (const path of ['.agent/sessions/a/s', '.agent/config', '.cache/c', '.bashrc', 'go/mod/f'])
    writeFileSync(home(path), 'x')
  writeFileSync(berth.at('outside/f'), 'x')
  symlinkSync(berth.at('outside'), home('.agent/link'))
  symlinkSync(berth.at('outside'), home('link'))
  chmodSync(home('go/mod'), 0o555)
  const files = [{ path: '.agent/config.toml', text: 'a = 1\n', mode: 0o600 }]
  const result = await runWorker(berth, berth.order({ ...sh('cd; find . -type f | sort'), files }))
  expect(result.out().toString().trim().split('\n')).toEqual([
    './.agent/config.toml',
    './.agent/sessions/a/s',
    './.cache/c',
    './.gitconfig',
  ])
  expect(lstatSync(home('.agent/config.toml')).mode & 0o777).toBe(0o600)
  expect(existsSync(berth.at('outside/f'))).toBe(true)
  rmSync(home('.agent'), { recursive: true })
  symlinkSync(berth.at('outside'), home('.agent'))
  await runWorker(berth, berth.order({ ...sh('true'), files }))
  expect(existsSync(berth.at('outside/config.toml'))).toBe(false)
})

test('agents are there to be run', () => {
  expect(lstatSync(`${AGENTS}/hostile-repository.sh`).mode & 0o111).not.toBe(0)
})
