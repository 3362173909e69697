import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const SUPERVISOR = join(import.meta.dirname, '../../dist/supervisor.js')
const IDLE_MS = 1000
const t = testBench('test')

/** As a command starts one, but with less patience. */
const supervisor = async (state: string, runtime: string) => {
  const folders = ['--state', state, '--runtime', runtime, '--config', join(state, 'config.toml')]
  const child = spawn(process.execPath, [SUPERVISOR, ...folders, '--idle-ms', String(IDLE_MS)], {
    cwd: '/',
    detached: true,
    env: t.b.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const ready = child.stdio[3]
  if (ready === null || ready === undefined) throw new Error('the supervisor has no third pipe')
  await once(ready, 'data')
  return child
}

test.each(anyEngine())(
  'a supervisor on $name stays while a task runs, and ends when nothing is left to do',
  async ({ flag, endpoint }) => {
    const runtime = runtimeDir({}, process.getuid?.() ?? 0, t.b.home)
    const { pid, exitCode } = await supervisor(t.b.home, runtime)
    expect([exitCode, await t.b.supervisor()]).toEqual([null, pid])
    const args = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', 'sleep=4']
    const started = await t.b.run(['start', ...args, 'x'])
    expect(started, started.stderr).toMatchObject({ code: 0 })
    const id = started.stdout.trim()
    const roles = () => processesOf([t.b.home]).map(({ role }) => role)
    // The journal is read on the disk: nobody asks the supervisor for anything in the meantime.
    await t.b.until(id, ({ type }) => type === 'agent.started')
    expect(roles()).toEqual(expect.arrayContaining(['supervisor', 'gateway']))
    await t.b.until(id, ({ type }) => type === 'turn.ended')
    await waitFor(() => roles().length === 0, 'the end of supervisor and gateway')
    expect(existsSync(runtime)).toBe(false)
    expect(await leftOnEngine(endpoint, [id])).toEqual([])
    const words = readFileSync(join(t.b.home, 'tasks', id, 'events.jsonl'), 'utf8')
    expect(words).toContain('"result":"done"')

    // The next command finds the task by a supervisor of its own.
    expect(await t.b.status(id)).toMatchObject({ state: 'done' })
    expect(await t.b.supervisor()).not.toBe(pid)
  },
)
