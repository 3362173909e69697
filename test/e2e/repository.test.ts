import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyEngine, rootfulEngines, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeHistory } from '../fixtures/remotes/make-history.ts'
import { commitFiles, makeBare, makeEmptyBare } from '../fixtures/remotes/make-repository.ts'
import { refusePushes } from '../fixtures/remotes/remote-hooks.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { callerEnvWithLogin, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, taskOf, type Workshop, workshop } from '../fixtures/workshop.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

/** Of a large repository. */
const HISTORY_MB = TEST_ALL ? 500 : 100

const WRITE = 'echo made > made.txt'
const docker = rootfulEngines().slice(0, 1)

/** A commit on a branch of the bare repository, made by somebody else. */
const moveBranch = (bare: string, branch: string) => {
  using folder = temporaryFolder()
  git('/', ['clone', '--quiet', '--branch', branch, bare, folder.at('w')])
  const sha = commitFiles(folder.at('w'), { 'other.txt': `by somebody else ${Math.random()}\n` }, 'meanwhile')
  git(folder.at('w'), ['push', '--quiet', 'origin', branch])
  return sha
}

describe.each(anyEngine())('where the code comes from, on $name', ({ flag }) => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())

  test('an http remote that asks who you are: the credential helper of the caller answers', async () => {
    const remote = await startHttpRemote({ login: { user: 'ada', password: 'horse-battery' } })
    try {
      const refused = await shop.job({
        args: ['--repo', remote.url],
        shell: WRITE,
        callerEnv: { ...remote.callerEnv, HOME: '/nonexistent' },
      })
      expect(refused).toMatchObject({ code: 6, id: '' })
      expect(refused.stderr).toContain(remote.url)
      const shell = `${WRITE}; git remote -v; cat .git/config; env`
      const ran = await shop.job({
        args: ['--repo', remote.url, '--branch', 'main'],
        shell,
        callerEnv: remote.callerEnv,
      })
      expect(ran).toMatchObject({ code: 0 })
      expect(git(remote.bare, ['show', `berth/${ran.id}:made.txt`])).toBe('made')
      const said = JSON.stringify(await shop.b.events(ran.id))
      expect(said).toContain(`origin\\t${remote.url} (push)`)
      expect(said).not.toContain('horse-battery')
    } finally {
      await remote.close()
    }
  })

  test('an ssh remote, and one that does not know the key', async () => {
    const remote = await startSshRemote()
    try {
      const ran = await shop.job({ args: ['--repo', remote.url], shell: WRITE, callerEnv: remote.callerEnv })
      expect(ran).toMatchObject({ code: 0 })
      expect(git(remote.bare, ['show', `berth/${ran.id}:made.txt`])).toBe('made')
      const stranger = await shop.job({ args: ['--repo', remote.url], shell: WRITE, callerEnv: remote.stranger })
      expect(stranger).toMatchObject({ code: 6, id: '' })
      expect(stranger.stderr).toMatch(/Permission denied/)
      // With --ssh-key the stranger may, and nothing of the key is inside.
      const key = join(dirname(remote.bare), 'known')
      const shell = `${WRITE}; env; cat ~/.ssh/* 2>/dev/null; grep -rl PRIVATE ~ /work /berth 2>/dev/null`
      const given = await shop.job({
        args: ['--repo', remote.url, '--ssh-key', key],
        shell,
        callerEnv: remote.stranger,
      })
      expect(given).toMatchObject({ code: 0 })
      expect(git(remote.bare, ['show', `berth/${given.id}:made.txt`])).toBe('made')
      expect(given.stdout).not.toMatch(/SSH_AUTH_SOCK|PRIVATE KEY/)
      const [, text = ''] = readFileSync(key, 'utf8').split('\n')
      expect(spawnSync('grep', ['-rlF', '--', text, shop.b.home]).stdout.toString()).toBe('')
      expect(spawnSync('grep', ['-rlF', '--', key, shop.b.home]).stdout.toString()).toContain(given.id)
    } finally {
      await remote.close()
    }
  })

  test('a local folder: its HEAD is the source, what is not committed is named and stays out', async () => {
    using folder = temporaryFolder()
    const work = folder.at('project')
    mkdirSync(work)
    git(work, ['init', '--quiet'])
    const base = commitFiles(work, { 'README.md': 'hello\n' }, 'first')
    writeFileSync(join(work, 'README.md'), 'changed\n')
    writeFileSync(join(work, 'new file.txt'), 'new\n')
    const ran = await shop.job({
      args: ['--repo', '.'],
      cwd: work,
      shell: `${WRITE}; cat README.md; ls; git status --short`,
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toMatch(
      /not part of the task: .*README\.md.*new file\.txt|not part of the task: .*new file\.txt.*README\.md/,
    )
    expect(git(work, ['ls-tree', '--name-only', `berth/${ran.id}`]).split('\n')).toEqual(['README.md', 'made.txt'])
    expect(git(work, ['rev-parse', `berth/${ran.id}~1`])).toBe(base)
    expect(git(work, ['show', `berth/${ran.id}:README.md`])).toBe('hello')
    expect(git(work, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/main')
    expect(git(work, ['status', '--short']).split('\n')).toEqual(['M README.md', '?? "new file.txt"'])
  })

  test('--source copy: files as they are, a patch back, nothing changes in the folder', async () => {
    using folder = temporaryFolder()
    const work = folder.at('project')
    mkdirSync(work)
    git(work, ['init', '--quiet'])
    commitFiles(work, { 'a.txt': 'one\n', 'gone.txt': 'gone\n', '.gitignore': 'secret*\n' }, 'first')
    writeFileSync(join(work, 'a.txt'), 'one, not committed\n')
    writeFileSync(join(work, 'secret.key'), 'hidden\n')
    writeFileSync(join(work, 'image.bin'), Buffer.from([0, 255, 1, 254, 10, 0]))
    const shell =
      'ls -a; cat a.txt; echo two >> a.txt; rm gone.txt; printf "\\000\\001" >> image.bin; mkdir -p d && echo x > "d/with space.txt"; chmod +x a.txt'
    const ran = await shop.job({ args: ['--repo', work, '--source', 'copy'], shell })
    expect(ran).toMatchObject({ code: 0 })
    const events = JSON.stringify(await shop.b.events(ran.id))
    expect(events).toContain('one, not committed')
    expect(events).not.toContain('secret.key')
    expect(git(work, ['status', '--short'])).toBe('M a.txt\n?? image.bin')
    const patch = join(shop.b.home, 'tasks', ran.id, 'out', '1.patch')
    expect((await shop.b.run(['diff', ran.id])).stdout).toBe(readFileSync(patch, 'utf8'))
    git(work, ['apply', '--check', patch])
    git(work, ['apply', patch])
    expect(readFileSync(join(work, 'a.txt'), 'utf8')).toBe('one, not committed\ntwo\n')
    expect(readFileSync(join(work, 'd/with space.txt'), 'utf8')).toBe('x\n')
    expect(readFileSync(join(work, 'image.bin'))).toEqual(Buffer.from([0, 255, 1, 254, 10, 0, 0, 1]))
    expect(existsSync(join(work, 'gone.txt'))).toBe(false)
  })

  test('--source copy of a folder without git, with what its .gitignore names left out', async () => {
    using folder = temporaryFolder()
    mkdirSync(folder.at('plain/sub'), { recursive: true })
    writeFileSync(folder.at('plain/.gitignore'), '*.log\n')
    writeFileSync(folder.at('plain/noise.log'), 'x\n')
    writeFileSync(folder.at('plain/sub/b.txt'), 'b\n')
    const before = execFileSync('find', [folder.path, '-printf', '%p %T@ %U %m\n']).toString()
    const ran = await shop.job({
      args: ['--repo', folder.at('plain'), '--source', 'copy'],
      shell: 'find . -type f; echo c >> sub/b.txt; echo noise > new.log',
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(JSON.stringify(await shop.b.events(ran.id))).not.toContain('noise.log')
    expect(execFileSync('find', [folder.path, '-printf', '%p %T@ %U %m\n']).toString()).toBe(before)
    git(folder.at('plain'), ['apply', join(shop.b.home, 'tasks', ran.id, 'out', '1.patch')])
    expect(readFileSync(folder.at('plain/sub/b.txt'), 'utf8')).toBe('b\nc\n')
    expect(existsSync(folder.at('plain/new.log'))).toBe(false)
  })

  test('--source mount: the folder itself, its .git read-only, nothing committed or pushed', async () => {
    using folder = temporaryFolder()
    const work = folder.at('project')
    mkdirSync(work)
    git(work, ['init', '--quiet'])
    const base = commitFiles(work, { 'a.txt': 'one\n' }, 'first')
    execFileSync('chown', ['-R', '1234:1234', folder.path])
    const ran = await shop.job({
      args: ['--repo', work, '--source', 'mount'],
      shell: `${WRITE}; git status --short; git log --oneline | cat; git commit -am x; touch .git/hooks/x || echo read-only-git`,
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('works on')
    expect(readFileSync(join(work, 'made.txt'), 'utf8')).toBe('made\n')
    const said = JSON.stringify(await shop.b.events(ran.id))
    expect(said).toContain('?? made.txt')
    expect(said).toContain('read-only-git')
    expect(said).not.toMatch(/dubious/)
    const trusted = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }
    expect(git(work, ['rev-parse', 'HEAD'], trusted)).toBe(base)
    expect(git(work, ['for-each-ref', '--format=%(refname)'], trusted)).toBe('refs/heads/main')
  })
})

describe.each(docker)('refs and branches', ({ flag }) => {
  const bench = workshopBench(flag)

  test('no repository at all: an empty folder, nothing to push', async () => {
    const ran = await bench.job({ shell: 'pwd; ls -A; echo hi > kept.txt' })
    expect(ran).toMatchObject({ code: 0 })
    expect(readFileSync(join(bench.b.home, 'tasks', ran.id, 'workspace', 'kept.txt'), 'utf8')).toBe('hi\n')
    expect(await bench.b.run(['push', ran.id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no repository') as string,
    })
    expect(await bench.b.run(['diff', ran.id])).toMatchObject({ code: 2, stdout: '' })
  })

  test('a tag, a commit, the default branch', async () => {
    const first = git(bench.remote.bare, ['rev-parse', 'main'])
    git(bench.remote.bare, ['tag', 'v1', first])
    git(bench.remote.bare, ['tag', '-a', '-m', 'annotated', 'v2', first])
    const later = moveBranch(bench.remote.bare, 'main')
    git(bench.remote.bare, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
    for (const [args, base] of [
      [['--ref', 'v1'], first],
      [['--ref', 'v2'], first],
      [['--ref', first], first],
      [['--ref', later.slice(0, 40)], later],
      [[], later],
    ] as const) {
      const ran = await bench.job({
        args: ['--repo', bench.remote.url, ...args],
        shell: `${WRITE}; git status | head -3`,
      })
      expect(ran, args.join(' ')).toMatchObject({ code: 0 })
      expect(git(bench.remote.bare, ['rev-parse', `berth/${ran.id}~1`])).toBe(base)
    }
    const unknown = await bench.job({ args: ['--repo', bench.remote.url, '--ref', 'v9'], shell: WRITE })
    expect(unknown).toMatchObject({ code: 2, id: '' })
    expect(unknown.stderr).toContain('v9')
  })

  test('--push-to moves a branch forward; one that moved and may not be rebased onto refuses, and `berth push` mends it', async () => {
    const there = await bench.job({
      args: ['--repo', bench.remote.url, '--branch', 'main', '--push-to', 'main'],
      shell: WRITE,
    })
    expect(there).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['show', 'main:made.txt'])).toBe('made')
    expect(git(bench.remote.bare, ['for-each-ref', `refs/heads/berth/${there.id}`])).toBe('')

    const before = git(bench.remote.bare, ['rev-parse', 'main'])
    let moved = ''
    const ran = await bench.job({
      args: ['--repo', bench.remote.url, '--branch', 'main', '--push-to', 'main', '--push-retries', '0'],
      shell: 'echo later > later.txt',
      during: () => {
        moved = moveBranch(bench.remote.bare, 'main')
      },
    })
    expect(ran).toMatchObject({ code: 7 })
    expect(ran.stdout).toMatch(/rejected.*(fetch first|non-fast-forward)/)
    expect(git(bench.remote.bare, ['rev-parse', 'main'])).toBe(moved)
    expect(await bench.b.status(ran.id)).toMatchObject({
      state: 'failed',
      outcome: { class: 'push' },
      commits: [{}],
      pushError: expect.stringContaining('the branch has moved') as string,
    })
    expect((await bench.b.run(['diff', ran.id])).stdout).toContain('+later')
    const again = await bench.b.run(['push', ran.id])
    expect(again).toMatchObject({ code: 7 })
    git(bench.remote.bare, ['update-ref', 'refs/heads/main', before])
    expect(await bench.b.run(['push', ran.id])).toMatchObject({ code: 0, stderr: '' })
    expect(git(bench.remote.bare, ['show', 'main:later.txt'])).toBe('later')
    expect(await bench.b.status(ran.id)).toMatchObject({ state: 'done', pushed: { branch: 'main' }, pushError: null })
    expect(await bench.b.run(['push', ran.id])).toMatchObject({ code: 0 })
  })

  test('the server refuses: its words are shown; another branch takes the work', async () => {
    const hook = refusePushes(bench.remote.bare, 'the gate is closed on Fridays')
    const ran = await bench.job({
      args: ['--repo', bench.remote.url, '--branch', 'main'],
      shell: 'echo fri > friday.txt',
    })
    hook.remove()
    expect(ran).toMatchObject({ code: 7 })
    expect(ran.stdout).toContain('the gate is closed on Fridays')
    expect((await bench.b.run(['status', ran.id])).stdout).toContain('the gate is closed on Fridays')
    expect(await bench.b.run(['push', ran.id, '--to', 'weekend'])).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['show', 'weekend:friday.txt'])).toBe('fri')
    expect(await bench.b.status(ran.id)).toMatchObject({ state: 'done' })
  })

  test('the agent changes nothing: it is said, and the task is done', async () => {
    const ran = await bench.job({ args: ['--repo', bench.remote.url, '--branch', 'main'], shell: 'true' })
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toContain('nothing to push')
    expect(git(bench.remote.bare, ['for-each-ref', `refs/heads/berth/${ran.id}`])).toBe('')
    expect(await bench.b.run(['push', ran.id])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no commit') as string,
    })
    expect(await bench.b.run(['diff', ran.id])).toMatchObject({ code: 0, stdout: '' })
  })

  test('--push none keeps the work until it is asked for', async () => {
    const ran = await bench.job({
      args: ['--repo', bench.remote.url, '--push', 'none'],
      shell: WRITE.replace('made', 'kept'),
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['for-each-ref', `refs/heads/berth/${ran.id}`])).toBe('')
    expect(await bench.b.run(['push', ran.id])).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['rev-parse', '--verify', `berth/${ran.id}`])).toMatch(/^[0-9a-f]{40}$/)
  })

  test('an empty repository gets its first commit', async () => {
    const bare = makeEmptyBare(`${bench.remote.bare}.empty`)
    const ran = await bench.job({ args: ['--repo', `file://${bare}`], shell: WRITE })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bare, ['show', `berth/${ran.id}:made.txt`])).toBe('made')
    expect((await bench.b.run(['diff', ran.id])).stdout).toContain('+made')
  })

  test('a submodule is left as it is', async () => {
    using folder = temporaryFolder()
    const inner = makeBare(folder.at('inner.git'))
    const bare = makeBare(folder.at('outer.git'))
    const work = `${bare}.work`
    git(work, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', `file://${inner}`, 'inner'])
    git(work, ['commit', '--quiet', '-m', 'with a submodule'])
    git(work, ['push', '--quiet', bare, 'main'])
    const ran = await bench.job({
      args: ['--repo', `file://${bare}`, '--branch', 'main'],
      shell: `${WRITE}; git status --short; git submodule status`,
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bare, ['diff', '--name-only', 'main', `berth/${ran.id}`])).toBe('made.txt')
  })
})

describe.each(docker)('what becomes of the work', ({ flag }) => {
  const bench = workshopBench(flag)
  const args = () => ['--repo', bench.remote.url, '--branch', 'main']
  const COMMIT =
    'echo one > one.txt && git add one.txt && git commit -qm "the agent commits" && echo two > two.txt && git branch side'

  test('commits of the agent stay its own, the rest is committed with a trailer, by the caller', async () => {
    const ran = await bench.job({ args: args(), shell: COMMIT })
    expect(ran).toMatchObject({ code: 0 })
    const log = git(bench.remote.bare, [
      'log',
      '--format=%an <%ae>|%s|%(trailers:key=Berth-Task,valueonly)',
      `main..berth/${ran.id}`,
    ])
    expect(log.split('\n').filter((line) => line !== '')).toEqual([
      `Ada <ada@example.org>|do the work|${ran.id}`,
      'Ada <ada@example.org>|the agent commits|',
    ])
    expect(await bench.b.status(ran.id)).toMatchObject({
      // `side` has nothing that the pushed branch has not.
      branches: [],
      commits: [{ subject: 'do the work' }, { subject: 'the agent commits' }],
    })
    expect(git(bench.remote.bare, ['for-each-ref', 'refs/heads/side'])).toBe('')
  })

  test('--uncommitted keep: left in the folder, seen by diff, not pushed', async () => {
    const ran = await bench.job({ args: [...args(), '--uncommitted', 'keep'], shell: COMMIT })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['diff', '--name-only', 'main', `berth/${ran.id}`])).toBe('one.txt')
    expect(readFileSync(join(bench.b.home, 'tasks', ran.id, 'workspace', 'two.txt'), 'utf8')).toBe('two\n')
    expect((await bench.b.run(['diff', ran.id])).stdout).toMatch(/\+one[\s\S]*\+two/)
    expect((await bench.b.run(['diff', ran.id, '--stat'])).stdout).toMatch(/one\.txt[\s\S]*two\.txt/)
  })

  test('--uncommitted discard: gone from the folder, still in diff', async () => {
    const ran = await bench.job({ args: [...args(), '--uncommitted', 'discard'], shell: COMMIT })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bench.remote.bare, ['diff', '--name-only', 'main', `berth/${ran.id}`])).toBe('one.txt')
    expect(existsSync(join(bench.b.home, 'tasks', ran.id, 'workspace', 'two.txt'))).toBe(false)
    expect((await bench.b.run(['diff', ran.id])).stdout).toContain('+two')
  })

  test('author from the settings of git; without any a name of Berth’s own, and a warning', async () => {
    using folder = temporaryFolder()
    const nobody = { GIT_AUTHOR_NAME: '', GIT_AUTHOR_EMAIL: '', GIT_CONFIG_NOSYSTEM: '1', HOME: folder.path }
    const bot = await bench.job({ args: args(), shell: WRITE, callerEnv: nobody })
    expect(bot).toMatchObject({ code: 0 })
    expect(bot.stdout).toContain('user.name')
    expect(git(bench.remote.bare, ['log', '-1', '--format=%an <%ae>', `berth/${bot.id}`])).toBe(
      'Berth <berth@localhost>',
    )
    writeFileSync(folder.at('.gitconfig'), '[user]\n\tname = "Grace \\"H\\" Höpper"\n\temail = grace@example.org\n')
    const grace = await bench.job({
      args: args(),
      shell: 'git commit -q --allow-empty -m own; echo x > x',
      callerEnv: nobody,
    })
    expect(grace.stdout).not.toContain('user.name')
    expect(git(bench.remote.bare, ['log', '-2', '--format=%an <%ae>', `berth/${grace.id}`])).toBe(
      'Grace "H" Höpper <grace@example.org>\nGrace "H" Höpper <grace@example.org>',
    )
  })

  test('two tasks at once do not see each other’s work; one mirror serves both and later ones without a fetch', async () => {
    const scenario = (name: string) => ({
      key: KEY,
      steps: [
        {
          shell: `echo ${name} > ${name}.txt; git add .; git commit -qm ${name}; sleep 1; ls /work /berth; git log --all --format=%s | cat`,
        },
      ],
    })
    for (const name of ['left', 'right']) bench.model.load(scenario(name), name)
    const start = (name: string) =>
      bench.b.run(['run', '--engine', flag, '--base-url', `${bench.model.url}/s/${name}/v1`, ...args(), 'work'])
    const ran = await Promise.all([start('left'), start('right')])
    const ids = ran.map((one) => taskOf(one))
    expect(ran.map(({ code }) => code)).toEqual([0, 0])
    for (const [i, name, other] of [
      [0, 'left', 'right'],
      [1, 'right', 'left'],
    ] as const) {
      const said = JSON.stringify(await bench.b.events(ids[i] ?? ''))
      expect(said).toContain(`${name}.txt`)
      expect(said).not.toContain(`${other}.txt`)
      expect(git(bench.remote.bare, ['diff', '--name-only', 'main', `berth/${ids[i]}`])).toBe(`${name}.txt`)
    }
    const mirrors = readdirSync(join(bench.b.home, 'mirrors'), { recursive: true }).filter((name) =>
      String(name).endsWith('.pack'),
    )
    const later = await bench.job({ args: args(), shell: 'true' })
    expect(later.code).toBe(0)
    expect(
      readdirSync(join(bench.b.home, 'mirrors'), { recursive: true }).filter((name) => String(name).endsWith('.pack')),
    ).toEqual(mirrors)
  })

  test('rm takes folder, pin and publish repository; the branch on the remote stays', async () => {
    const ran = await bench.job({ args: args(), shell: WRITE })
    const pins = () =>
      readdirSync(join(bench.b.home, 'mirrors'), { recursive: true }).filter((name) => String(name).includes(ran.id))
    expect(pins()).toHaveLength(1)
    expect(await bench.b.run(['rm', ran.id])).toMatchObject({ code: 0 })
    expect(pins()).toEqual([])
    expect(existsSync(join(bench.b.home, 'tasks', ran.id))).toBe(false)
    expect(git(bench.remote.bare, ['rev-parse', '--verify', `berth/${ran.id}`])).toMatch(/^[0-9a-f]{40}$/)
    expect(await bench.b.run(['status', ran.id])).toMatchObject({ code: 2 })
  })
})

describe.each(rootfulEngines())('a container that died, on $name', ({ flag }) => {
  const bench = workshopBench(flag)

  test('its work, committed or not, is gathered: diff shows it, push brings it out', async () => {
    const kill = `kill -9 $(ps -eo pid,args | awk '/worker.main.cjs/ && !/awk/ && !/tini/ {print $1; exit}'); sleep 20`
    const shell = `echo one > one.txt; git add .; git commit -qm one; echo two > two.txt; ${kill}`
    const ran = await bench.job({ args: ['--repo', bench.remote.url, '--branch', 'main'], shell })
    expect(ran).toMatchObject({ code: 4 })
    expect(await bench.b.status(ran.id)).toMatchObject({
      state: 'died',
      commits: [{}, { subject: 'one' }],
      pushed: null,
    })
    expect((await bench.b.run(['diff', ran.id])).stdout).toMatch(/\+one[\s\S]*\+two/)
    expect(git(bench.remote.bare, ['for-each-ref', `refs/heads/berth/${ran.id}`])).toBe('')
    expect(await bench.b.run(['push', ran.id])).toMatchObject({ code: 0, stderr: '' })
    expect(git(bench.remote.bare, ['show', `berth/${ran.id}:two.txt`])).toBe('two')
  })
})

describe.each(docker)('a remote that changes its mind', ({ flag }) => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())

  test('the password changes between start and push: class push, and a push with the new one', async () => {
    const remote = await startHttpRemote({ login: { user: 'ada', password: 'old' } })
    try {
      const ran = await shop.job({
        args: ['--repo', remote.url],
        shell: WRITE,
        callerEnv: remote.callerEnv,
        during: () => {
          remote.state.login = { user: 'ada', password: 'new' }
        },
      })
      expect(ran).toMatchObject({ code: 7 })
      expect(ran.stdout).toMatch(/Authentication failed|could not read/)
      expect(await shop.b.status(ran.id)).toMatchObject({ state: 'failed', outcome: { class: 'push' } })
      expect(await shop.b.run(['push', ran.id], { env: remote.callerEnv })).toMatchObject({ code: 7 })
      const callerEnv = callerEnvWithLogin(remote.callerEnv['HOME'] ?? '', 'ada', 'new')
      expect(await shop.b.run(['push', ran.id], { env: callerEnv })).toMatchObject({ code: 0 })
      expect(git(remote.bare, ['show', `berth/${ran.id}:made.txt`])).toBe('made')
      expect(await shop.b.status(ran.id)).toMatchObject({ state: 'done', outcome: { result: 'done' } })
    } finally {
      await remote.close()
    }
  })

  test('the remote is gone at the push: the work is kept and comes out when it is back', async () => {
    const remote = await startFileRemote()
    const ran = await shop.job({
      args: ['--repo', remote.url],
      shell: WRITE,
      during: () => renameSync(remote.bare, `${remote.bare}.away`),
    })
    expect(ran).toMatchObject({ code: 7 })
    expect((await shop.b.run(['diff', ran.id])).stdout).toContain('+made')
    renameSync(`${remote.bare}.away`, remote.bare)
    expect(await shop.b.run(['push', ran.id])).toMatchObject({ code: 0 })
    await remote.close()
  })

  test(`${HISTORY_MB} MB of history: fetched once, the second task starts at once`, async () => {
    using folder = temporaryFolder()
    await makeHistory(folder.at('big.git'), HISTORY_MB)
    const url = `file://${folder.at('big.git')}`
    const first = await shop.job({ args: ['--repo', url], shell: WRITE })
    expect(first).toMatchObject({ code: 0 })
    const mirrors = join(shop.b.home, 'mirrors')
    const packs = () => readdirSync(mirrors, { recursive: true }).filter((name) => String(name).endsWith('.pack'))
    const fetched = packs()
    const second = await shop.job({ args: ['--repo', url], shell: WRITE })
    expect(second).toMatchObject({ code: 0 })
    expect(packs()).toEqual(fetched)
    expect(git(folder.at('big.git'), ['show', `berth/${second.id}:made.txt`])).toBe('made')
    const publish = join(shop.b.home, 'tasks', second.id, 'publish.git')
    const bytes = readdirSync(join(publish, 'objects/pack')).reduce(
      (sum, name) => sum + readFileSync(join(publish, 'objects/pack', name)).length,
      0,
    )
    expect(bytes).toBeLessThan(1024 * 1024)
  })
})
