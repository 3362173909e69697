import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PruneAnswer } from '../../src/api/answers.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { engineRequest } from '../fixtures/engine-request.ts'
import { rootfulEngines, testEngines } from '../fixtures/engines.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare } from '../fixtures/remotes/make-repository.ts'
import { moveAtPush } from '../fixtures/remotes/remote-hooks.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'

const FILES = {
  'README.md': '# Hello\n',
  'src/a.txt': 'a\n',
  'src/b.txt': 'b\n',
  'docs/c.md': 'c\n',
  'run.sh': 'true\n',
}
const TRUST = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }

const user = ordinaryUser()
const rootless = `unix:///run/user/${user.uid}/podman/podman.sock`
/** Who the tasks are of, beside root. */
const OTHERS = [
  ...testEngines().flatMap((engine) =>
    engine.name === 'docker' ? [{ ...engine, name: 'Docker, an ordinary user' }] : [],
  ),
  ...(existsSync(rootless.slice('unix://'.length))
    ? [{ name: 'rootless Podman', kind: 'podman', flag: 'podman', endpoint: rootless } as const]
    : []),
].map((engine) => ({ ...engine, root: false }))
const ENGINES = [...rootfulEngines().map((engine) => ({ ...engine, root: true })), ...OTHERS]

/** The repository: files of each kind, and an executable one. */
const makeRepository = (path: string): string => {
  const bare = makeBare(path, FILES)
  const work = `${bare}.work`
  symlinkSync('src/a.txt', join(work, 'link'))
  chmodSync(join(work, 'run.sh'), 0o755)
  commitFiles(work, {}, 'second')
  git(work, ['push', '--quiet', bare, 'HEAD:main'])
  commitFiles(work, { 'new.txt': 'new\n' }, 'third')
  git(work, ['push', '--quiet', bare, 'HEAD:later'])
  return bare
}

/** All that is to be seen of a folder: names, kinds, rights, owners, times, contents. */
const print = (folder: string): string =>
  execFileSync(
    'sh',
    [
      '-c',
      'find . -printf "%p %y %m %U:%G %T@ %C@ %l\\n" | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum',
    ],
    { cwd: folder },
  ).toString()

describe.each(ENGINES)('a shared tree on $name', ({ flag, endpoint, root }) => {
  const folder = temporaryFolder('berth-shared-')
  let b: Berth
  let bare: string
  beforeAll(() => {
    bare = makeRepository(folder.at('project.git'))
    chmodSync(folder.path, 0o755)
    if (!root) giveTo(folder.path, user)
    const runtime = { XDG_RUNTIME_DIR: `/run/user/${user.uid}` }
    b = berth(root ? {} : { uid: user.uid, gid: user.gid, env: runtime })
  })
  afterAll(async () => {
    await b.close()
    folder[Symbol.dispose]()
  })

  /** The prompt is the agent's script. */
  const job = () => {
    const agent = ['--agent', 'noop', '--provider-arg', 'shell=sh -e /berth/exchange/prompt']
    return ['--engine', flag, ...agent, '--repo', `file://${bare}`, '--branch', 'main', '--shared-tree']
  }
  const start = async (script: string, ...args: readonly string[]) => {
    const ran = await b.run(['start', ...job(), ...args, script])
    expect(ran).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  const waited = async (id: string, state = 'done') =>
    expect((await b.run(['wait', id])).stdout, `${id}: ${(await b.status(id)).reason}`).toBe(`${id} ${state}\n`)
  const said = async (id: string, turn = 1) =>
    (await b.events(id)).flatMap((event) =>
      event.type === 'agent.output' && event.turn === turn ? event.text.split('\n') : [],
    )
  const sourceOf = async (id: string) =>
    (await b.events(id)).flatMap((event) => (event.type === 'turn.planned' ? [(event.plan as Plan).source] : []))[0]
  const treeOf = async (id: string) => {
    const source = await sourceOf(id)
    return source?.kind === 'clone' ? (source.tree?.folder ?? '') : ''
  }
  const names = (ref: string) => git(bare, ['ls-tree', '-r', '--name-only', ref], TRUST).split('\n')
  const taskFile = (id: string, ...parts: readonly string[]) => join(b.home, 'tasks', id, ...parts)

  test('two tasks change all they see of it: it stays as it was, and each has its own work', async () => {
    const first = await start('git status --porcelain; stat -c %a run.sh; readlink link; cat src/a.txt')
    await waited(first)
    expect(await said(first)).toEqual(['755', 'src/a.txt', 'a'])
    expect((await b.run(['status', first])).stdout).toContain(`${taskFile(first, 'workspace')} (changed files only)`)
    const tree = await treeOf(first)
    const before = print(join(tree, 'tree'))
    const [one, two] = await Promise.all([
      start(
        'git status --porcelain; echo changed > README.md; rm -r docs; echo x >> link; mv src lib; chmod 644 run.sh; ln -f README.md hard; git add --all; git commit --quiet -m mine; echo later > later.txt',
      ),
      start(
        'git status --porcelain; echo b > src/a.txt; git commit --quiet --all -m gone; git reset --quiet --hard HEAD~1; git status --porcelain; find . -not -path "./.git*" -type f -exec chmod 755 {} +; rm -rf src docs; git checkout --quiet -- .; touch -d 2001-01-01 README.md; echo kept > b.txt',
      ),
    ])
    await Promise.all([waited(one), waited(two)])
    expect(await Promise.all([said(one), said(two)])).toEqual([[], []])
    expect(print(join(tree, 'tree'))).toBe(before)
    expect(names(`berth/${one}`)).toEqual([
      'README.md',
      'hard',
      'later.txt',
      'lib/a.txt',
      'lib/b.txt',
      'link',
      'run.sh',
    ])
    expect(names(`berth/${two}`)).toEqual([...names('main').slice(0, 1), 'b.txt', ...names('main').slice(1)])
    expect(git(bare, ['show', `berth/${one}:README.md`], TRUST)).toBe('changed')
    expect(git(bare, ['rev-list', '--count', `main..berth/${two}`], TRUST)).toBe('1')
    expect((await b.run(['diff', one])).stdout).toContain('+changed')
    // The folder on the host has what was changed alone.
    expect(readdirSync(taskFile(two, 'workspace'))).not.toContain('link')

    expect((await b.run(['rm', first, one, two])).stderr).toBe('')
    expect(readdirSync(join(b.home, 'tasks'))).toEqual([])
    expect(readdirSync(b.home).filter((name) => name.startsWith('trash'))).toEqual([])
    expect(await leftOnEngine(endpoint, [b.home, first, one, two])).toEqual([])
    expect([existsSync(join(tree, 'tree')), readdirSync(join(tree, 'pins'))]).toEqual([true, []])
    expect(print(join(tree, 'tree'))).toBe(before)
  })

  test('what an agent whose container died has changed is gathered', async () => {
    const names = ['--session', 'lost', '--role', 'loser', '--owner', 'bob']
    const id = await start('rm -r docs; echo lost > lost.txt; echo ready; sleep 600', ...names)
    await b.until(id, (event) => event.type === 'agent.output' && event.text === 'ready')
    // Docker's overlay is a volume of the container's; on Podman it is none.
    const labels = { 'berth.task': id, 'berth.session': 'lost', 'berth.role': 'loser', 'berth.owner': 'bob' }
    const volumes = flag === 'docker' ? [expect.objectContaining({ Labels: expect.objectContaining(labels) })] : []
    const label = encodeURIComponent(JSON.stringify({ label: [`berth.task=${id}`, 'berth.session=lost'] }))
    expect(await engineRequest(endpoint, 'GET', `/volumes?filters=${label}`)).toMatchObject({ Volumes: volumes })
    await engineRequest(endpoint, 'POST', `/containers/berth-${id}-1-1/kill?signal=KILL`)
    await waited(id, 'died')
    const { stdout } = await b.run(['diff', id])
    expect(stdout).toContain('+lost')
    expect(stdout).toContain('deleted file')
    await b.run(['rm', '--force', id])
  })

  test('a further prompt, a further try and a fork go on in it, also when main has gone on', async () => {
    const id = await start('rm README.md; echo 1 > one.txt; exit 3')
    await waited(id, 'failed')
    const tree = await treeOf(id)
    git(bare, ['update-ref', 'refs/heads/main', 'later'], TRUST)
    const other = await start('cat new.txt; git status --porcelain')
    await waited(other)
    expect(await said(other)).toEqual(['new'])
    expect(await treeOf(other)).not.toBe(tree)

    expect((await b.run(['resume', id])).code).toBe(0)
    await waited(id, 'failed')
    expect((await b.run(['send', id, 'ls; echo 2 > two.txt'])).code).toBe(0)
    await waited(id)
    expect(await said(id, 2)).toEqual(['docs', 'link', 'one.txt', 'run.sh', 'src'])
    expect(await treeOf(id)).toBe(tree)
    const fork = (
      await b.run([
        'fork',
        id,
        'git log --format=%s; cat one.txt two.txt; git status --porcelain; ls README.md || rm link',
      ])
    ).stdout.trim()
    await waited(fork)
    expect((await said(fork)).slice(-5)).toContain('1')
    expect(names(`berth/${fork}`)).toEqual(['docs/c.md', 'one.txt', 'run.sh', 'src/a.txt', 'src/b.txt', 'two.txt'])

    // An archive leans on it no more; the fork does.
    expect((await b.run(['archive', id])).stderr).toBe('')
    expect(['workspace', 'layer'].map((name) => existsSync(taskFile(id, name)))).toEqual([false, false])
    expect(readdirSync(join(tree, 'pins'))).toEqual([fork])
    await b.run(['rm', '--force', fork])
    expect(existsSync(tree)).toBe(false)
    await b.run(['rm', '--force', '--all'])
    const told = ({ pruned }: PruneAnswer) => pruned.map(({ kind }) => kind)
    expect(told(await b.json<PruneAnswer>(['prune']))).toEqual([])
    expect(told(await b.json<PruneAnswer>(['prune', '--older-than', '1ms']))).toContain('tree')
    expect(readdirSync(join(b.home, 'trees'))).toEqual([])
  })
})

describe.each(rootfulEngines().slice(0, 1))(
  'a shared tree on $name and what moves beneath it',
  ({ flag, endpoint }) => {
    const folder = temporaryFolder('berth-shared-')
    const b = berth()
    const bare = makeRepository(folder.at('project.git'))
    afterAll(async () => {
      await b.close()
      folder[Symbol.dispose]()
    })
    const noop = ['--engine', flag, '--agent', 'noop']
    const shared = [...noop, '--repo', `file://${bare}`, '--branch', 'main', '--shared-tree']

    test('a kept container gives way to a rebase of the workspace; the next turn has a fresh one', async () => {
      moveAtPush(bare, 'main', 1)
      const script = ['--provider-arg', 'shell=ls; echo x >> mine.txt; rm -f docs/c.md']
      const args = ['start', ...shared, '--push-to', 'main', '--keep-alive', '10m', ...script, 'work']
      const id = (await b.run(args)).stdout.trim()
      expect((await b.run(['wait', id])).stdout).toBe(`${id} done\n`)
      expect((await b.events(id)).map(({ type }) => type)).toContain('workspace.moved')
      expect((await b.run(['send', id, 'again'])).code).toBe(0)
      expect((await b.run(['wait', id])).stdout).toBe(`${id} done\n`)
      const events = await b.events(id)
      const created = events.filter(({ type }) => type === 'container.created')
      expect(created).toHaveLength(2)
      expect(git(bare, ['show', 'main:mine.txt'])).toBe('x\nx')
      expect(git(bare, ['log', '--format=%s', 'main']).split('\n')).toHaveLength(5)
      await b.run(['rm', '--force', id])
      expect(await leftOnEngine(endpoint, [b.home, id])).toEqual([])
    })

    test('a folder of the commit is renamed by the kernel’s call alone', async () => {
      const script = ['--provider-arg', 'shell=git mv src lib; git commit --quiet -m moved']
      const id = (await b.run(['start', ...shared, ...script, 'work'])).stdout.trim()
      expect((await b.run(['wait', id])).stdout).toBe(`${id} done\n`)
      expect(git(bare, ['ls-tree', '-r', '--name-only', `berth/${id}`])).toContain('lib/a.txt\nlib/b.txt')
      await b.run(['rm', '--force', id])
    })

    test.each([
      ['a copy', ['--source', 'copy'], '--source copy'],
      ['a mount', ['--source', 'mount'], '--source mount'],
      ['the host', ['--isolation', 'host'], '--isolation host'],
    ])('%s is refused before a task exists', async (_name, args, says) => {
      const place = args.includes('--isolation') ? noop.slice(2) : noop
      const ran = await b.run(['start', ...place, '--repo', `${bare}.work`, '--shared-tree', ...args, 'work'])
      expect(ran).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toContain(`--shared-tree: with ${says}`)
      expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
    })

    test('a state folder whose path an engine cannot be told is refused; the variable turns the setting off', async () => {
      const odd = berth()
      const home = join(odd.folder, 'a,b')
      mkdirSync(home)
      Object.assign(odd.env, { BERTH_HOME: home })
      const run = ['run', '--dry-run', ...shared.slice(0, -1), 'work']
      const refused = await odd.run(run, { env: { BERTH_SHARED_TREE: 'true' } })
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`${home}, has a character`) as string })
      expect((await odd.run(run, { env: { BERTH_SHARED_TREE: 'false' } })).code).toBe(0)
      execFileSync('rm', ['-rf', home])
      await odd.close()
    })
  },
)
