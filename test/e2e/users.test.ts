import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testEngines } from '../fixtures/engines.ts'
import { forwardBench } from '../fixtures/forward-bench.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { aheadIn } from '../fixtures/pool-filled.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const user = ordinaryUser()
const runtime = `/run/user/${user.uid}`
const rootless = existsSync(join(runtime, 'podman/podman.sock')) ? [{ name: 'rootless Podman', flag: 'podman' }] : []
const docker = testEngines().flatMap((engine) => (engine.name === 'docker' ? [{ name: 'Docker', flag: 'docker' }] : []))
const TRUST = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }

describe.each([...docker, ...rootless])('an ordinary user on $name', ({ flag }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-user-')
  const bare = makeBare(folder.at('project.git'))
  const local = makeWorkTree(folder.at('local'))
  beforeAll(async () => {
    execFileSync('chmod', ['755', folder.path])
    giveTo(folder.path, user)
    shop = await workshop(flag, { uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: runtime } })
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })
  const ownersBelow = (path: string) => [
    ...new Set(execFileSync('find', [path, '-printf', '%U:%G\n']).toString().trim().split('\n')),
  ]

  test('the main job; every file belongs to the caller; what the agent has locked away is removed all the same', async () => {
    const shell =
      'id -u; cat /proc/self/status | grep CapEff; git log -1 --format=%an; echo made > made.txt; mkdir -p locked/deep; echo x > locked/deep/x; chmod 0 locked/deep; chmod 0 locked; mkdir -p /berth/exchange/l/k; chmod 0 /berth/exchange/l'
    const ran = await shop.job({ args: ['--repo', `file://${bare}`, '--branch', 'main'], shell })
    expect(ran).toMatchObject({ code: 0 })
    expect(git(bare, ['show', `berth/${ran.id}:made.txt`], TRUST)).toBe('made')
    const events = await shop.b.events(ran.id)
    const said = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))[0]
    expect(said).toMatch(/CapEff:\t0{16}/)
    expect(said).toMatch(/^[1-9]\d*\n/)
    expect(ownersBelow(join(shop.b.home, 'tasks', ran.id))).toEqual([`${user.uid}:${user.gid}`])
    expect(statSync(shop.b.home).mode & 0o777).toBe(0o700)
    expect((await shop.b.run(['diff', ran.id])).stdout).toContain('+made')
    expect(await shop.b.run(['rm', ran.id])).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(join(shop.b.home, 'tasks', ran.id))).toBe(false)
    expect(execFileSync('ls', ['-A', shop.b.home]).toString()).not.toContain('trash')
  })

  test('folders that the agent has closed to their owner, who is the caller: every command answers, and they go', async () => {
    const shell = 'echo made > made.txt; chmod 0 .git /berth/exchange; chmod 0 /work'
    const { id } = await shop.job({ args: ['--repo', `file://${bare}`, '--branch', 'main'], shell })
    expect(await shop.b.run(['rm', id])).toMatchObject({ code: 2, stderr: expect.stringContaining(`${id}: its work`) })
    expect(await shop.b.run(['archive', id])).toMatchObject({ code: 2 })
    expect(await shop.b.run(['prune', '--dry-run'])).toMatchObject({ code: 0 })
    expect(await shop.b.run(['resume', id])).toMatchObject({ code: 0 })
    await shop.b.run(['wait', id])
    expect(await shop.b.run(['rm', '--force', id])).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(join(shop.b.home, 'tasks', id))).toBe(false)
  })

  test('a server in the sandbox is reached by its caller', async () => {
    const f = forwardBench(() => shop.b, flag)
    try {
      const id = await f.startServing(`file://${bare}`, 3000)
      const { urls } = await f.forward(id, '3000:0')
      expect(await (await fetch(`${urls[0]}/`)).text()).toBe('from the sandbox')
      expect(await shop.b.run(['rm', '--force', id])).toMatchObject({ code: 0, stderr: '' })
    } finally {
      await f.close()
    }
  })

  test('a folder of one’s own: mounted, copied, pushed to', async () => {
    const mounted = await shop.job({
      args: ['--repo', local, '--source', 'mount'],
      shell: 'echo mounted > m.txt; git status --short',
    })
    expect(mounted).toMatchObject({ code: 0 })
    expect(statSync(join(local, 'm.txt'))).toMatchObject({ uid: user.uid, gid: user.gid })
    const copied = await shop.job({ args: ['--repo', local, '--source', 'copy'], shell: 'echo copied > c.txt' })
    expect(copied).toMatchObject({ code: 0, stdout: expect.stringContaining('patch of') as string })
    expect((await shop.b.run(['diff', copied.id])).stdout).toContain('+copied')
    const cloned = await shop.job({ args: ['--repo', local], shell: 'echo cloned > d.txt' })
    expect(cloned).toMatchObject({ code: 0 })
    expect(git(local, ['show', `berth/${cloned.id}:d.txt`], TRUST)).toBe('cloned')
  })

  test('a sandbox that was started ahead is the next task’s; every file belongs to the caller', async () => {
    expect(await shop.job({ args: ['--pool', '1'], shell: null })).toMatchObject({ code: 0 })
    const waiting = async () =>
      (await shop.b.json<{ supervisor: { pool: { waiting: number } } }>(['doctor'])).supervisor.pool.waiting
    await expect.poll(waiting, { timeout: 60_000 }).toBe(1)
    const [ahead] = aheadIn(shop.b.home)
    const ran = await shop.job({ args: ['--pool', '1'], shell: 'id -u; echo made > made.txt' })
    expect(ran).toMatchObject({ code: 0, id: ahead })
    const events = await shop.b.events(ran.id)
    expect(events.flatMap((event) => (event.type === 'turn.span' ? [event.name] : []))).toContain('pool')
    await shop.b.until(ran.id, ({ type }) => type === 'container.removed')
    expect(ownersBelow(join(shop.b.home, 'tasks', ran.id))).toEqual([`${user.uid}:${user.gid}`])
  })
})
