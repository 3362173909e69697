import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandLine, processes } from '../../src/std/processes.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { taskProcesses } from '../fixtures/task-processes.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

/** Children in the group, out of it, orphaned, and one that lost the mark too. */
const CHILDREN =
  'sleep 1000 & setsid sleep 1001 & (setsid sleep 1002 &); (env -i setsid sleep 1003 &); trap "" INT TERM; echo up > up.txt; sleep 1004'

describe('the end of a task on the host', () => {
  let shop: Workshop
  const folder = temporaryFolder('berth-host-ends-')
  const bare = makeBare(folder.at('project.git'))
  beforeAll(async () => {
    shop = await workshop('docker')
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  const sleepers = () => processes().filter(({ pid }) => /^sleep 100[0-4] /.test(commandLine(pid).join(' ')))
  const start = async (shell: string, ...args: readonly string[]) => {
    shop.model.load({ key: KEY, steps: [{ text: 'a', shell }] })
    const where = ['--isolation', 'host', '--repo', `file://${bare}`, '--branch', 'main', '--base-url', shop.model.url]
    const id = (await shop.b.run(['start', ...where, ...args, 'work'])).stdout.trim()
    await shop.b.until(id, (event) => event.type === 'agent.tool.start')
    return { id, running: taskProcesses(id) }
  }
  /** With its children up. */
  const withChildren = async () => {
    const task = await start(CHILDREN, '--host-permissive')
    await expect.poll(() => sleepers().length).toBe(5)
    return task
  }
  const expectNothingLeft = async (id: string) => {
    expect(await taskProcesses(id).left()).toEqual([])
    await expect.poll(() => sleepers()).toEqual([])
    await expect.poll(async () => (await shop.b.status(id)).clean).toBe(true)
    expect(readdirSync(join(shop.b.home, 'host'))).toEqual([])
  }

  test.each([[['stop']], [['stop', '--now']], [['rm', '--force']]])(
    '%s leaves no process, whatever group it is in',
    async (verb) => {
      const { id } = await withChildren()
      expect((await shop.b.run([...verb, id])).code).toBe(0)
      expect(await taskProcesses(id).left()).toEqual([])
      await expect.poll(() => sleepers()).toEqual([])
      expect(existsSync(join(shop.b.home, 'tasks', id))).toBe(verb[0] !== 'rm')
      expect(readdirSync(join(shop.b.home, 'host'))).toEqual([])
    },
  )

  test('the worker killed: the task died, its children with it, and its work is gathered', async () => {
    const { id, running } = await start('echo kept > kept.txt; setsid sleep 1001 & sleep 1000', '--host-permissive')
    await expect.poll(() => sleepers().length).toBe(2)
    process.kill(running.pid('node'), 'SIGKILL')
    expect((await shop.b.run(['wait', id])).code).toBe(4)
    await expectNothingLeft(id)
    expect((await shop.b.run(['diff', id])).stdout).toContain('+kept')
    shop.model.load({ key: KEY, after: { text: 'went on' } })
    expect((await shop.b.run(['resume', id])).code).toBe(0)
    expect((await shop.b.run(['wait', id])).code).toBe(0)
    expect(git(bare, ['show', `berth/${id}:kept.txt`])).toBe('kept')
  })

  test('the agent killed: the turn failed, nothing is left', async () => {
    const { id, running } = await withChildren()
    process.kill(running.pid('codex'), 'SIGKILL')
    expect((await shop.b.run(['wait', id])).code).toBe(1)
    await expectNothingLeft(id)
  })

  test('the supervisor killed: the agent goes on, the next one takes its work', async () => {
    const { id } = await start('sleep 2; echo late > late.txt')
    process.kill((await shop.b.supervisor()) ?? 0, 'SIGKILL')
    expect((await shop.b.run(['wait', id])).code).toBe(0)
    expect(git(bare, ['show', `berth/${id}:late.txt`])).toBe('late')
    const events = await shop.b.events(id)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
    expect(events.filter(({ type }) => type === 'work.pushed')).toHaveLength(1)
    await expectNothingLeft(id)
  })

  test('supervisor, worker and the one who watches over it killed: died, nothing left', async () => {
    const { id, running } = await withChildren()
    const init = running.pid('tini')
    const wrapper = processes().find(({ pid }) => pid === init)?.parent ?? 0
    process.kill((await shop.b.supervisor()) ?? 0, 'SIGKILL')
    for (const pid of [wrapper, running.pid('node')]) process.kill(pid, 'SIGKILL')
    expect((await shop.b.run(['wait', id])).code).toBe(4)
    expect(await taskProcesses(id).left()).toEqual([])
    for (const { pid } of sleepers()) process.kill(pid, 'SIGKILL')
  })

  test('an agent that heeds no signal is stopped; without a toolbox it is the one of the PATH, and that is said', async () => {
    const bin = folder.at('bin')
    mkdirSync(bin)
    copyFileSync(join(import.meta.dirname, '../fixtures/agents/stubborn.sh'), join(bin, 'codex'))
    chmodSync(join(bin, 'codex'), 0o755)
    const own = await workshop('docker', {
      env: { BERTH_INSTALL_DIR: folder.at('none'), PATH: `${bin}:${process.env['PATH']}` },
    })
    try {
      const ran = await own.b.run(['start', '--isolation', 'host', '--base-url', own.model.url, 'work'])
      expect(ran.stderr).toContain(`Berth uses ${bin}/codex from your PATH`)
      const id = ran.stdout.trim()
      await own.b.until(id, (event) => event.type === 'agent.output' && event.text.includes('ready'))
      expect((await own.b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
      expect(await taskProcesses(id).left()).toEqual([])
      const said = (await own.b.run(['log', '--raw', id])).stdout
      expect(said).toContain('got INT')
      expect(said).toContain('got TERM')
    } finally {
      await own.close()
    }
  })
})
