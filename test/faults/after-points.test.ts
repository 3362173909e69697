import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { newId } from '../../src/std/id.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { supervisorRequest } from '../fixtures/supervisor-request.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** A task of the built-in agent that begins after another one. The supervisor may die before it answers. */
const submitAfter = async (s: Scene, first: string): Promise<string> => {
  const id = newId('t')
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const body = {
    id,
    prompt: 'read {{results.first.commits}}',
    settings: {
      engine: s.engine.flag,
      agent: 'noop',
      repo: s.remote.url,
      branch: 'main',
      'provider-arg': ['commit=made.txt'],
    },
    after: [{ name: 'first', task: first }],
    caller: { cwd: s.b.folder, uid, gid, env: s.b.env },
  }
  await supervisorRequest<TaskRecord>(s.b.home, 'POST', '/v1/tasks', body).catch(() => {})
  return id
}

describe.concurrent.each(anyEngine())('the supervisor killed while a task waits for another on $name', (engine) => {
  test.each(['turn.held', 'turn.rendered'])(
    '%s: it begins after the other one, and reads its result once',
    async (point) => {
      await using s = await scene(engine)
      const first = await s.startHeld()
      await s.kill(s.supervisorPid())
      await s.b.run(['status', first], { env: { BERTH_FAULT: `${point}:1` } })
      const second = await submitAfter(s, first)
      if (point === 'turn.rendered') s.letGo(first)
      await waitFor(() => existsSync(join(s.b.home, 'fault')), `the death at ${point}`)
      if (point === 'turn.held') s.letGo(first)
      await s.expectDone(first, second)
      const events = await s.b.events(second)
      expect(events.filter(({ type }) => type === 'turn.held')).toHaveLength(1)
      expect(events.filter(({ type }) => type === 'turn.rendered')).toMatchObject([
        { prompt: expect.stringContaining('commits of first') },
      ])
    },
  )
})
