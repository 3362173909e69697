import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { quickSupervisor } from '../fixtures/quick-supervisor.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { leftOnEngine } from '../fixtures/whole/left-on-engine.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const IDLE_MS = 1000
const t = testBench('test')

test.each(anyEngine())(
  'a supervisor on $name stays while a task runs, and ends when nothing is left to do',
  async ({ flag, endpoint }) => {
    const { child, runtime } = await quickSupervisor(t.b, IDLE_MS)
    const { pid, exitCode } = child
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
