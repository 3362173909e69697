import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'

const flag = rootfulEngines()[0]?.flag ?? 'docker'

/** What 0.1.0 has written of forged frames: a problem that is a number, a phase out of the prototype, and their like. */
const FORGED: readonly object[] = [
  { type: 'notice', level: 'warning', text: 5 },
  { type: 'turn.phase', turn: 1, phase: {} },
  { type: 'output.dropped', turn: 1, bytes: {} },
  { type: 'agent.output', turn: 1, stream: 'stdout' },
  { type: 'agent.ended', turn: 1, code: 0, signal: null, end: 'exit', oom: 'maybe', left: 0 },
]

let b: Berth
beforeAll(() => {
  b = berth()
})
afterAll(() => b.close())

test('a journal with events of forged frames is read by every command', async () => {
  const job = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', 'lines=2', 'x']
  const id = (await b.run(['start', ...job])).stdout.trim()
  expect((await b.run(['wait', id])).code).toBe(0)
  await b.until(id, ({ type }) => type === 'container.removed')
  const pid = (await b.supervisor()) ?? 0
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => b.supervisor()).toBeNull()
  const path = join(b.home, 'tasks', id, 'events.jsonl')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const at = lines.findIndex((line) => (JSON.parse(line) as Event).type === 'agent.started') + 1
  const { at: time } = JSON.parse(lines[at - 1] ?? '') as Event
  const forged = FORGED.map((body) => JSON.stringify({ v: 1, seq: 0, at: time, ...body }))
  const all = [...lines.slice(0, at), ...forged, ...lines.slice(at)]
  writeFileSync(path, all.map((line, i) => `${line.replace(/"seq":\d+/, `"seq":${i + 1}`)}\n`).join(''))
  for (const name of ['berth.db', 'berth.db-wal', 'berth.db-shm']) rmSync(join(b.home, name), { force: true })

  for (const args of [
    ['status', id],
    ['status', '--verbose', id],
    ['status', '--timing', id],
    ['log', id],
    ['log', '--json', id],
    ['log', '--raw', id],
    ['log', '-f', id],
    ['ls', '-a'],
    ['usage'],
    ['diff', id],
    ['wait', id],
    ['send', '-f', id, 'more'],
    ['status', id],
    ['log', '-f', id],
  ]) {
    const ran = await b.run(args)
    // A task without a repository has no diff.
    expect([args, ran.code, ran.stderr]).toEqual([args, args[0] === 'diff' ? 2 : 0, ran.stderr])
    expect(ran.stderr).not.toMatch(/\n\s+at /)
  }
  expect((await b.run(['log', id])).stdout).toContain('line 2')
  // A pipe gets the lines as they are.
  const raw = (await b.run(['log', '--json', id])).stdout
  for (const body of FORGED) expect(raw).toContain(JSON.stringify(body).slice(1))
  expect((await b.run(['rm', '--force', id])).code).toBe(0)
})
