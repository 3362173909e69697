import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { anyEngine } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { filesHolding, temporaryFolders } from '../fixtures/whole/files-holding.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'
import { scene } from '../fixtures/whole/scene.ts'

const CHILDREN =
  'env > ~/environment; sleep 7001 & setsid sleep 7002 >/dev/null 2>&1 </dev/null & echo begun; sleep 7003'

const DONE: Scenario = {
  steps: [{ text: 'a', shell: 'env > ~/environment; echo made > made.txt' }],
  after: { text: 'fine' },
}
const BUSY: Scenario = { steps: [{ text: 'a', shell: CHILDREN }], after: { hang: 'head' } }

describe.each(anyEngine())('clean by label, session, role and owner on $name', (engine) => {
  test('done, kept, running with strays, queued: stop, archive, prune and rm leave nothing of them and touch no other', async () => {
    const key = `sk-canary-${randomUUID()}`
    await using model = await startModelServer()
    await using s = await scene(engine, { env: { OPENAI_API_KEY: key, CANARY: key } })
    const { b, remote, runtime } = s
    writeFileSync(join(b.home, 'config.toml'), '[label-concurrency]\n"batch=1" = 1\n')
    const start = (label: string, script: Scenario, ...args: readonly string[]) => {
      const name = randomUUID()
      model.load({ key, ...script }, name)
      const from = ['--engine', engine.flag, '--repo', remote.url, '--branch', 'main', '--env', 'CANARY']
      const role = label === 'batch=1' ? 'first' : 'second'
      const names = ['--session', `${role}-session`, '--role', role, '--owner', `owner-of-${role}`]
      const to = ['--base-url', `${model.url}/s/${name}`, '--label', label, ...names]
      return s.submit([...from, ...to, ...args, 'work'])
    }
    const sleepers = (id: string) => processesOf([id]).filter(({ argv }) => /^sleep 700\d$/.test(argv)).length
    const atWork = (id: string) => expect.poll(() => sleepers(id), { timeout: 60_000 }).toBe(3)
    const over = async (id: string) => expect(await b.run(['wait', id])).toMatchObject({ code: 0 })

    const done = await start('batch=1', DONE)
    const kept = await start('batch=1', DONE, '--keep-alive', '10m')
    const [otherDone, other] = [await start('batch=2', DONE), await start('batch=2', BUSY)]
    for (const id of [done, kept, otherDone]) await over(id)
    const running = await start('batch=1', BUSY)
    await Promise.all([running, other].map(atWork))
    const queued = await start('batch=1', DONE)
    expect((await b.status(queued)).state).toBe('queued')
    expect((await b.status(kept)).container).toMatchObject({ state: 'running' })
    const first = [done, kept, running, queued]
    const second = [otherDone, other]

    const untouched = async () => {
      const records = await Promise.all(second.map((id) => b.status(id)))
      const pids = processesOf([other]).filter(({ role }) => role === 'other')
      const folders = second.map((id) => readdirSync(s.pathOf(id)).sort())
      return { records: records.map(steady), pids, folders, on: await leftOnEngine(engine.endpoint, second) }
    }
    const before = await untouched()

    /** Processes, containers, sockets and files of the first batch that do not belong to tasks that are put away. */
    const leavings = async () => [
      ...processesOf(first)
        .filter(({ role }) => role === 'other')
        .map(({ argv }) => argv),
      ...(await leftOnEngine(engine.endpoint, first)),
      ...readdirSync(runtime, { recursive: true })
        .map(String)
        .filter((path) => first.some((id) => path.includes(id))),
      ...temporaryFolders().filter((path) => first.some((id) => path.includes(id))),
      ...first.flatMap((id) => ['exchange', 'files'].map((name) => s.pathOf(id, name))).filter(hasFiles),
      ...filesHolding(key, [b.home, runtime, ...temporaryFolders()]).filter((path) => !path.includes(other)),
    ]
    const ours = async () => (await s.records()).filter(({ id }) => first.includes(id))
    const states = async () => (await ours()).map(({ state }) => state)
    /** A clean is the same when it is done twice, and the others are as they were. */
    const clean = async (args: readonly string[], expected: readonly string[]) => {
      const ran = await b.run(args)
      expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
      for (const id of expected) expect(ran.stdout).toContain(id)
      const left = await leavings()
      expect(left).toEqual([])
      const all = await ours()
      expect(await b.run([...args, ...(args[0] === 'prune' ? [] : ['--quiet'])])).toMatchObject({ code: 0, stderr: '' })
      expect([await leavings(), await ours()]).toEqual([left, all])
      expect(await untouched()).toEqual(before)
    }

    await clean(['stop', '--session', 'first-session'], [kept, running, queued])
    expect((await states()).sort()).toEqual(['done', 'done', 'stopped', 'stopped'])
    await clean(['archive', '--force', '--role', 'first'], first)
    expect(first.filter((id) => ['workspace', 'home'].some((name) => existsSync(s.pathOf(id, name))))).toEqual([])
    await clean(
      ['prune', '--force', '--owner', 'owner-of-first', '--state', 'done,stopped', '--older-than', '1ms'],
      first,
    )
    expect([await states(), first.filter((id) => existsSync(s.pathOf(id)))]).toEqual([[], []])
    // Not even an open file of theirs.
    expect(processesOf(first)).toEqual([])

    for (const args of [[], ['--quiet']])
      expect(await b.run(['rm', '--force', '--label', 'batch=2', ...args])).toMatchObject({ code: 0, stderr: '' })
    expect(await s.expectWhole()).toEqual([])
    expect(processesOf([...first, ...second])).toEqual([])
    expect(filesHolding(key, [b.home, runtime, ...temporaryFolders()])).toEqual([])
  })
})

const hasFiles = (folder: string) =>
  existsSync(folder) &&
  readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => !entry.isDirectory())

/** A record without what is of the moment. */
const steady = ({ id, state, phase, container, archived, clean, pushed, labels }: TaskRecord) => ({
  id,
  state,
  phase,
  container,
  archived,
  clean,
  pushed,
  labels,
})
