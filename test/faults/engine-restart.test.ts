import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { secondDocker } from '../fixtures/second-docker.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

const has = (name: TestEngine['name']) => rootfulEngines().some((engine) => engine.name === name)

/** The machine's Podman behind an API service of its own. */
const secondPodman = async () => {
  const folder = temporaryFolder('berth-podman-')
  const socket = folder.at('podman.sock')
  const begin = async () => {
    const child = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], {
      cwd: folder.path,
      stdio: 'ignore',
    })
    while (!existsSync(socket)) await sleep(20)
    return child
  }
  let service = await begin()
  const kill = async () => {
    const over = once(service, 'exit')
    service.kill('SIGKILL')
    await over
    rmSync(socket, { force: true })
  }
  const engine: TestEngine = { name: 'podman', kind: 'podman', endpoint: `unix://${socket}`, flag: `unix://${socket}` }
  return {
    engine,
    args: [],
    kill,
    open: async () => {
      service = await begin()
    },
    async [Symbol.asyncDispose]() {
      await kill()
      folder[Symbol.dispose]()
    },
  }
}

const lost = (s: Scene, id: string) => s.b.until(id, (event) => event.type === 'engine.lost')

describe.concurrent('an engine that is killed and started again in mid turn', () => {
  const outliving = [
    ...(has('docker') ? [['Docker that keeps containers', () => secondDocker({ keep: true })] as const] : []),
    ...(has('podman') ? [['Podman', secondPodman] as const] : []),
  ]
  test.each(outliving)('%s: the agent goes on, and nothing comes twice', async (_, begin) => {
    await using second = await begin()
    await using s = await scene(second.engine)
    const id = await s.startHeld(second.args)
    await second.kill()
    await lost(s, id)
    expect((await s.b.status(id)).state).toBe('running')
    await second.open()
    s.letGo(id)
    await s.expectDone(id)
  })

  test.each(outliving)('%s, and the supervisor with it: the next one goes on', async (_, begin) => {
    await using second = await begin()
    await using s = await scene(second.engine)
    const id = await s.startHeld(second.args)
    await s.kill(s.supervisorPid())
    await second.kill()
    expect((await s.b.status(id)).state).toBe('running')
    await lost(s, id)
    await second.open()
    s.letGo(id)
    await s.expectDone(id)
  })

  const ending = has('docker') ? [['Docker as it is', () => secondDocker({ keep: false })] as const] : []
  test.each(ending)('%s, which ends its containers: died, the work is kept, a resume goes on', async (_, begin) => {
    await using second = await begin()
    await using s = await scene(second.engine)
    const id = await s.startHeld(second.args)
    await second.kill()
    await lost(s, id)
    await second.open()
    expect((await s.b.run(['wait', id])).code).toBe(4)
    const [record] = await s.expectWhole()
    expect(record).toMatchObject({ state: 'died', pushed: null, commits: [{ subject: 'nothing' }] })
    s.letGo(id)
    expect((await s.b.run(['resume', id])).code).toBe(0)
    expect((await s.b.run(['wait', id])).code).toBe(0)
    await s.expectWhole()
    expect(git(s.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('noop\nnoop')
  })
})
