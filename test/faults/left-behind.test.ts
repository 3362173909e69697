import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { engineRequest } from '../fixtures/engine-request.ts'
import { anyEngine, firstCase } from '../fixtures/engines.ts'
import { otherBuild } from '../fixtures/other-build.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const engines = anyEngine()

const buildOf = async ({ b }: Scene) => (await b.json<{ supervisor: { build: string } }>(['doctor'])).supervisor.build

describe.concurrent.each(engines)('supervisors on $name', (engine) => {
  test('many commands at once behind a killed one start one, and the turn goes on', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await s.kill(s.supervisorPid())
    const ran = await Promise.all([1, 2, 3, 4, 5].map(() => s.b.run(['status', id, '--json'])))
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
    expect(s.processes().filter(({ role }) => role === 'supervisor').length).toBe(1)
    s.letGo(id)
    await s.expectDone(id)
  })

  test('an older one, met by a newer CLI in mid turn, steps down and the turn goes on', async () => {
    const older = otherBuild()
    await using s = await scene(engine)
    const args = ['ls', '--json']
    expect(spawnSync(older.berth, args, { env: s.b.env, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    const pid = s.supervisorPid()
    const begun = spawnSync(
      older.berth,
      ['start', ...s.job, ...['commit=made.txt', 'wait=.git/go'].flatMap((arg) => ['--provider-arg', arg]), 'nothing'],
      { env: s.b.env, encoding: 'utf8' },
    )
    expect(begun.stderr).toBe('')
    const id = begun.stdout.trim()
    await s.b.until(id, (event) => event.type === 'agent.output')
    expect((await s.b.status(id)).state).toBe('running')
    expect(s.supervisorPid()).not.toBe(pid)
    expect(await buildOf(s)).not.toBe(older.build)
    s.letGo(id)
    await s.expectDone(id)
    older.folder[Symbol.dispose]()
  })

  test('its socket, a file of another kind, or somebody who says nothing lies where it should be', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    const socket = join(s.runtime, 'supervisor.sock')
    await s.kill(s.supervisorPid())
    expect((await s.b.status(id)).state).toBe('running')
    await s.kill(s.supervisorPid())
    rmSync(socket)
    writeFileSync(socket, 'no socket')
    writeFileSync(`${socket}.4711`, '')
    expect((await s.b.status(id)).state).toBe('running')
    await s.kill(s.supervisorPid())
    rmSync(socket)
    const dead = createServer().listen(socket)
    await new Promise((resolve) => dead.once('listening', resolve))
    // Closed behind its back: the file stays, as after a kill.
    ;(dead as unknown as { _handle: { close(): void } })._handle.close()
    s.letGo(id)
    await s.expectDone(id)
  })

  test('the state folder is removed in mid turn: nothing of it is left, and the next command begins anew', async () => {
    await using s = await scene(engine)
    await s.startHeld()
    rmSync(s.b.home, { recursive: true, force: true, maxRetries: 10 })
    await s.expectNothing()
    mkdirSync(s.b.home)
    expect(await s.records()).toEqual([])
  })
})

describe.concurrent.each(engines)('files on $name', (engine) => {
  const TEXTS = [
    ['garbage', '{"a": [1, '],
    ['empty', ''],
    ['null', 'null\n'],
  ] as const
  test.each(firstCase(TEXTS))(
    'each file of the state folder beside the journals is %s in mid turn: the turn goes on',
    async (_, text) => {
      await using s = await scene(engine)
      const id = await s.startHeld()
      await s.kill(s.supervisorPid())
      await s.kill(s.gatewayPid())
      const paths = ['task.json', 'plan.json'].map((name) => s.pathOf(id, name))
      const own = ['images.json', 'supervisor.lock', 'supervisor.log', 'berth.db', 'berth.db-wal', 'berth.db-shm']
      const logs = readdirSync(join(s.b.home, 'gateway')).map((name) => join('gateway', name))
      paths.push(...[...own, ...logs].map((name) => join(s.b.home, name)))
      paths.push(...['gateway.lock', 'gateway.sock'].map((name) => join(s.runtime, name)))
      for (const path of paths) {
        rmSync(path, { force: true })
        writeFileSync(path, text)
      }
      s.letGo(id)
      await s.expectDone(id)
    },
  )

  test('a journal, its plan and its row are damaged together: rm takes the task away, with its container', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await s.kill(s.supervisorPid())
    for (const name of ['events.jsonl', 'plan.json']) writeFileSync(s.pathOf(id, name), '')
    expect((await s.b.run(['status', id])).stderr).toContain(s.pathOf(id, 'events.jsonl'))
    expect((await s.b.run(['rm', '--force', id])).code).toBe(0)
    expect(await s.expectWhole()).toEqual([])
  })

  test('a git that was killed left locks and halves in mirror and publish.git: the next turn is not held up', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await s.kill(s.supervisorPid())
    const [mirror = ''] = readdirSync(join(s.b.home, 'mirrors')).map((name) => join(s.b.home, 'mirrors', name))
    for (const lock of ['packed-refs.lock', 'refs/heads/main.lock', 'objects/pack/tmp_pack_left', 'shallow.lock'])
      writeFileSync(join(mirror, lock), '')
    const publish = s.pathOf(id, 'publish.git')
    mkdirSync(join(publish, 'objects/pack'), { recursive: true })
    for (const lock of ['packed-refs.lock', 'HEAD.lock', 'objects/pack/tmp_idx_left'])
      writeFileSync(join(publish, lock), '')
    s.letGo(id)
    git(s.remote.bare, [
      'update-ref',
      'refs/heads/main',
      git(s.remote.bare, ['commit-tree', '-p', 'main', '-m', 'b', 'main^{tree}']),
    ])
    const next = await s.start()
    await s.b.run(['wait', id, next])
    expect((await s.expectWhole()).map(({ state }) => state)).toEqual(['done', 'done'])
  })
})

/**
 * The machine's restart, as far as it can be had without one: every process is gone at once, containers too but not what
 * the engine knows of them, the folder of sockets is gone, and of journals, frames and database what was not yet synced:
 * `kept` says to which event the journal had come.
 */
const restartMachine = async (s: Scene, id: string, kept: string | null) => {
  const container = (await s.b.status(id)).container?.id ?? ''
  const [supervisor, gateway] = [s.supervisorPid(), s.gatewayPid()]
  for (const pid of [supervisor, gateway]) if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await engineRequest(s.engine.endpoint, 'POST', `/containers/${container}/kill`)
  await s.containerEnded(id)
  rmSync(s.runtime, { recursive: true, force: true })
  if (kept === null) return
  const journal = s.pathOf(id, 'events.jsonl')
  const text = readFileSync(journal, 'utf8')
  const at = text.indexOf(`"type":"${kept}"`)
  truncateSync(journal, Buffer.byteLength(text.slice(0, text.indexOf('\n', at) + 20)))
  for (const name of ['berth.db', 'berth.db-wal', 'berth.db-shm']) rmSync(join(s.b.home, name), { force: true })
  for (const name of readdirSync(s.pathOf(id, 'raw'))) truncateSync(s.pathOf(id, 'raw', name), 0)
}

describe.concurrent.each(engines)('the machine restarts on $name', (engine) => {
  const KEPT: readonly (readonly [string, string | null])[] = [
    ['the journal had come to the start of the turn', 'turn.started'],
    ['the journal had come to its creation', 'container.created'],
    ['the journal had come to the start of the container', 'container.started'],
    ['all was on the disk', null],
  ]
  test.each(firstCase(KEPT))('in mid turn, %s: died, its work is kept, and a resume makes it good', async (_, kept) => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await restartMachine(s, id, kept)
    expect((await s.b.run(['wait', id])).code).toBe(4)
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'died', pushed: null, commits: [{ subject: 'nothing' }] })
    s.letGo(id)
    expect((await s.b.run(['resume', id])).code).toBe(0)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    await s.expectWhole()
    expect(git(s.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('noop\nnoop')
  })

  test('in mid turn, and that it had begun was not on the disk: it begins again, and is done once', async () => {
    await using s = await scene(engine)
    const id = await s.startHeld()
    await restartMachine(s, id, 'turn.planned')
    s.letGo(id)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    await s.expectWhole()
    const said = (await s.b.events(id)).flatMap((event) =>
      event.type === 'agent.output' ? event.text.split('\n') : [],
    )
    expect(said).toEqual(['line 1', 'line 2', 'line 3', 'waiting'])
  })
})
