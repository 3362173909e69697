import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { PruneAnswer } from '../../src/api/answers.ts'
import { berth } from '../fixtures/berth.ts'
import { anyEngine, testEngines } from '../fixtures/engines.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { poolFilled } from '../fixtures/pool-filled.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const MIB = 1024 * 1024
const SCRIPT = ['--provider-arg', 'shell=sh -e /berth/exchange/prompt']

const killed = async ({ b }: Scene) => {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
    if (existsSync(join(b.home, 'fault'))) return
  throw new Error('the supervisor did not come to that point')
}

describe.concurrent.each(anyEngine())('workspaces below a folder of the user on $name', (engine) => {
  /** A scene whose new tasks have their workspaces below `base`. */
  const placed = async (below = tmpdir()) => {
    const folder = temporaryFolder('berth-base-', below)
    const base = folder.at('base')
    mkdirSync(base)
    const s = await scene(engine)
    const config = join(s.b.home, 'config.toml')
    const use = (path: string) => writeFileSync(config, `workspace-base-dir = "${path}"\n`)
    use(base)
    return {
      s,
      folder,
      base,
      use,
      start: async (script: string, ...args: readonly string[]) =>
        await s.submit([...s.job, ...SCRIPT, ...args, script]),
      waited: async (id: string) => expect(await s.b.run(['wait', id])).toMatchObject({ stdout: `${id} done\n` }),
      said: async (id: string) =>
        (await s.b.events(id)).flatMap((event) => (event.type === 'agent.output' ? event.text.split('\n') : [])),
      async [Symbol.asyncDispose]() {
        await s[Symbol.asyncDispose]()
        folder[Symbol.dispose]()
      },
    }
  }

  test('a task must work there, keep its place when the setting changes, and leave nothing behind', async () => {
    await using p = await placed()
    const { s, base } = p
    const id = await p.start('echo one > one.txt')
    await p.waited(id)
    const workspace = join(base, id, 'workspace')
    expect(readFileSync(join(workspace, 'one.txt'), 'utf8')).toBe('one\n')
    expect(existsSync(s.pathOf(id, 'workspace'))).toBe(false)
    expect(git(s.remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    expect((await s.b.status(id)).workspace).toBe(workspace)

    const other = p.folder.at('other')
    mkdirSync(other)
    p.use(other)
    await s.b.run(['send', id, 'cat one.txt; echo two > two.txt'])
    await p.waited(id)
    expect(await p.said(id)).toEqual(['one'])
    expect(existsSync(join(workspace, 'two.txt'))).toBe(true)
    const fork = (await s.b.run(['fork', '--new-session', id, 'cat two.txt'])).stdout.trim()
    await p.waited(fork)
    expect(await p.said(fork)).toEqual(['two'])
    expect([readdirSync(base), readdirSync(other)]).toEqual([[id], [fork]])

    expect(await s.b.run(['archive', id])).toMatchObject({ code: 0 })
    expect(readdirSync(base)).toEqual([])
    expect(await s.b.run(['rm', id, fork])).toMatchObject({ code: 0 })
    expect([readdirSync(base), readdirSync(other), readdirSync(join(s.b.home, 'tasks'))]).toEqual([[], [], []])
  })

  test('prune must count the bytes there and free them, and keep what is nowhere else', async () => {
    await using p = await placed()
    const { s, base } = p
    const big = await p.start('echo x > made.txt; head -c 2M /dev/zero | tr "\\0" x > .git/big')
    const kept = await p.start('echo x > made.txt', '--push', 'none')
    for (const id of [big, kept]) await p.waited(id)
    const pruned = await s.b.json<PruneAnswer>(['prune', '--dry-run'])
    expect(pruned.pruned.map(({ id, bytes }) => [id, bytes > 2 * MIB])).toEqual([[big, true]])
    await s.b.run(['prune'])
    expect(readdirSync(base)).toEqual([kept])
  })

  test('another disk must do, also with a shared tree', async () => {
    await using p = await placed('/dev/shm')
    expect(statSync(p.base).dev).not.toBe(statSync(p.s.b.home).dev)
    const id = await p.start('echo one >> README.md', '--shared-tree')
    await p.waited(id)
    await p.s.b.run(['send', id, 'cat README.md'])
    await p.waited(id)
    expect((await p.said(id)).at(-1)).toBe('one')
    const fork = (await p.s.b.run(['fork', '--new-session', id, 'tail -n 1 README.md'])).stdout.trim()
    await p.waited(fork)
    expect(await p.said(fork)).toEqual(['one'])
    expect(await p.s.b.run(['rm', id])).toMatchObject({ code: 0 })
    expect(await p.s.b.run(['prune', '--force'])).toMatchObject({ code: 0 })
    expect(readdirSync(p.base)).toEqual([])
  })

  test('a shared tree must have its layer beside the workspace', async () => {
    await using p = await placed()
    const id = await p.start('echo x >> README.md', '--shared-tree')
    await p.waited(id)
    expect(readdirSync(join(p.base, id)).toSorted()).toEqual(['layer', 'workspace'])
    expect(readdirSync(join(p.base, id, 'workspace'))).toContain('README.md')
    expect(git(p.s.remote.bare, ['diff', '--name-only', 'main', `berth/${id}`])).toBe('README.md')
    expect(await p.s.b.run(['rm', id])).toMatchObject({ code: 0 })
    expect(readdirSync(p.base)).toEqual([])
  })

  test('a warm container and a pre-started sandbox must have their workspaces there', async () => {
    await using p = await placed()
    const { s, base } = p
    const warm = await p.start('echo one > one.txt', '--keep-alive', '5m')
    await p.waited(warm)
    await s.b.run(['send', warm, 'cat one.txt'])
    await p.waited(warm)
    expect(await p.said(warm)).toEqual(['one'])
    await p.waited(await p.start('true', '--pool', '1'))
    const [ahead = ''] = await poolFilled(s.b.home, 1)
    expect(readdirSync(base)).toContain(ahead)
    const pooled = await p.start('echo two > two.txt', '--pool', '1')
    expect(pooled).toBe(ahead)
    await p.waited(pooled)
    expect(existsSync(join(base, pooled, 'workspace', 'two.txt'))).toBe(true)
    // Killed with a sandbox that no task has: the next supervisor removes that.
    const [left = ''] = await poolFilled(s.b.home, 1)
    await s.kill(s.supervisorPid())
    await s.b.run(['ls'])
    for (const end = Date.now() + WAIT_MS; Date.now() < end && readdirSync(base).includes(left); ) await sleep(50)
    expect(readdirSync(base)).not.toContain(left)
  })

  test.each(['folders.place', 'launch.folders', 'launch.create', 'take.after'])(
    'a supervisor killed at %s must leave a whole task, and one workspace',
    async (point) => {
      await using p = await placed()
      const id = await p.s.start([], { BERTH_FAULT: `${point}:1` })
      await killed(p.s)
      await p.s.expectDone(id)
      expect(readdirSync(p.base)).toEqual([id])
    },
  )

  test.each([
    ['archive', 'archive.told'],
    ['archive', 'archive.half'],
    ['rm', 'rm.row'],
    ['rm', 'rm.trash'],
  ] as const)('%s with a supervisor killed at %s must leave no workspace', async (verb, point) => {
    await using p = await placed()
    const id = await p.s.start()
    await p.s.expectDone(id)
    await p.s.kill(p.s.supervisorPid())
    await p.s.b.run([verb, id], { env: { BERTH_FAULT: `${point}:1` } })
    await killed(p.s)
    await p.s.b.run([verb, id])
    await p.s.expectWhole()
    expect(readdirSync(p.base)).toEqual([])
  })

  test('a folder that Berth cannot use must be one clear error, with nothing made', async () => {
    await using p = await placed()
    const { s, folder } = p
    mkdirSync(folder.at('open'))
    chmodSync(folder.at('open'), 0o777)
    const cases = [
      [folder.at('none'), 'there is no such folder'],
      [join(s.b.home, 'inside'), 'this lies in the state folder'],
      [folder.at('open'), 'others can write to'],
    ] as const
    mkdirSync(join(s.b.home, 'inside'))
    for (const [path, why] of cases) {
      p.use(path)
      const ran = await s.b.run(['start', ...s.job, 'nothing'])
      expect(ran).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toMatch(new RegExp(`^berth: workspace-base-dir ${path}: .*${why}`))
      expect(ran.stderr.trim().split('\n')).toHaveLength(2)
    }
    expect(await s.records()).toEqual([])
    p.use(p.base)
    const around = await s.b.run(['start', ...s.job, '--volume', `${folder.path}:/all`, 'nothing'])
    expect(around).toMatchObject({ code: 2, stderr: expect.stringContaining('the workspaces of all tasks lie in it') })
    expect(readdirSync(p.base)).toEqual([])
  })

  test('a folder that is gone must keep its tasks from going on and from removal, until it is back', async () => {
    await using p = await placed()
    const { s, base } = p
    const id = await p.start('echo one > one.txt')
    await p.waited(id)
    renameSync(base, `${base}-away`)
    for (const args of [
      ['send', id, 'more'],
      ['rm', id],
      ['archive', id],
    ]) {
      const ran = await s.b.run(args)
      expect(ran).toMatchObject({ code: 2 })
      expect(ran.stderr).toContain('is not there')
    }
    expect(existsSync(base)).toBe(false)
    renameSync(`${base}-away`, base)
    await s.b.run(['send', id, 'cat one.txt'])
    await p.waited(id)
    expect(await p.said(id)).toEqual(['one'])
    renameSync(base, `${base}-away`)
    expect(await s.b.run(['rm', '--force', id])).toMatchObject({ code: 0 })
    expect(readdirSync(`${base}-away`)).toEqual([id])
  })

  test('a task on the host, and a copied folder, must have their workspaces there', async () => {
    await using p = await placed()
    const { s, base } = p
    const own = p.folder.at('own')
    mkdirSync(own)
    writeFileSync(join(own, 'file.txt'), 'mine')
    const noop = ['--agent', 'noop', ...SCRIPT]
    const copied = await s.submit(['--engine', engine.flag, '--source', 'copy', '--repo', own, ...noop, 'cat file.txt'])
    await p.waited(copied)
    expect(await p.said(copied)).toEqual(['mine'])
    const script = ['--provider-arg', 'shell=pwd; echo x > here.txt']
    const ran = await s.b.run(['start', '--isolation', 'host', '--no-repo', '--agent', 'noop', ...script, 'x'])
    const onHost = ran.stdout.trim()
    await p.waited(onHost)
    expect(await p.said(onHost)).toEqual([join(base, onHost, 'workspace')])
    expect(existsSync(join(base, onHost, 'workspace', 'here.txt'))).toBe(true)
    // The files of a task without a repository exist nowhere else.
    expect(await s.b.run(['rm', onHost])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(join(base, onHost)),
    })
    expect(await s.b.run(['rm', '--force', onHost, copied])).toMatchObject({ code: 0 })
    expect(readdirSync(base)).toEqual([])
  })
})

const user = ordinaryUser()
const rootless = testEngines().filter(({ name }) => name === 'rootless')

describe.each(rootless)('workspaces below a folder of an ordinary user on rootless Podman', ({ flag }) => {
  test('a task must work there, and leave nothing behind', async () => {
    const folder = temporaryFolder('berth-base-')
    const runtime = { XDG_RUNTIME_DIR: `/run/user/${user.uid}` }
    const b = berth({ uid: user.uid, gid: user.gid, env: runtime })
    try {
      const base = folder.at('base')
      mkdirSync(base)
      giveTo(folder.path, user)
      const env = { BERTH_WORKSPACE_BASE_DIR: base }
      const agent = ['--agent', 'noop', '--provider-arg', 'shell=echo one >> one.txt; cat one.txt']
      const ran = await b.run(['start', '--engine', flag, '--no-repo', ...agent, 'x'], { env })
      expect(ran).toMatchObject({ code: 0 })
      const id = ran.stdout.trim()
      expect(await b.run(['wait', id])).toMatchObject({ stdout: `${id} done\n` })
      const file = join(base, id, 'workspace', 'one.txt')
      expect([readFileSync(file, 'utf8'), statSync(file).uid]).toEqual(['one\n', user.uid])
      expect(await b.run(['rm', '--force', id])).toMatchObject({ code: 0 })
      expect(readdirSync(base)).toEqual([])
    } finally {
      await b.close()
      folder[Symbol.dispose]()
    }
  })
})
