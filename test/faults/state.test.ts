import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { firstCase, rootfulEngines } from '../fixtures/engines.ts'

const [engine] = rootfulEngines()
let b: Berth
beforeEach(() => {
  b = berth()
})
afterEach(() => b.close())

const database = () => join(b.home, 'berth.db')
const journal = (id: string) => join(b.home, 'tasks', id, 'events.jsonl')
/** The engine's last words of a container come behind its removal, and the row behind the journal. */
const settled = async (id: string): Promise<void> => {
  for (let last = -1; ; await sleep(300)) {
    const { size } = statSync(journal(id))
    const db = new DatabaseSync(database(), { readOnly: true })
    const row = db.prepare('select journal_offset from task where id = ?').get(id)
    db.close()
    if (size === last && row?.['journal_offset'] === size) return
    last = size
  }
}
const noop = async (...args: readonly string[]): Promise<string> => {
  const { tasks } = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
  const ran = await b.run(['run', '--engine', engine?.flag ?? '', '--agent', 'noop', ...args, 'nothing'])
  expect(ran.code).toBe(0)
  const after = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
  const id = after.tasks.find((task) => !tasks.some((known) => known.id === task.id))?.id ?? ''
  await b.until(id, (event) => event.type === 'container.removed')
  await settled(id)
  return id
}
const rows = () => {
  const db = new DatabaseSync(database(), { readOnly: true })
  const found = [
    db.prepare('select * from task order by id').all(),
    db.prepare('select * from label order by task, name').all(),
  ]
  db.close()
  return found
}
/** The rows, but for what the engine's late words of a container add to a journal. */
const told = () =>
  rows().map((table) =>
    table.map(({ journal_offset: _, ...row }) => ({
      ...row,
      record: String(row['record'] ?? '').replace(/"seq":\d+}$/, '}'),
    })),
  )
/** Everything is in the one file then. */
const checkpoint = () => {
  const db = new DatabaseSync(database())
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
}
const kill = async () => {
  const pid = (await b.supervisor()) ?? 0
  process.kill(pid, 'SIGKILL')
  while (existsSync(`/proc/${pid}/exe`)) await sleep(10)
}
const log = () => readFileSync(join(b.home, 'supervisor.log'), 'utf8')

test('doctor --rebuild makes the database again, row for row, also while the supervisor runs', async () => {
  await noop('--label', 'team=a', '--label', 'x=y')
  await noop('--name', 'second')
  const before = rows()
  expect(before[0]?.length).toBe(2)
  expect(await b.json(['doctor', '--rebuild'])).toEqual({ made: 2, damaged: [] })
  expect(rows()).toEqual(before)
  await kill()
  expect((await b.run(['doctor', '--rebuild'])).stdout).toBe('rebuilt the database from the journals: 2 tasks\n')
  expect(rows()).toEqual(before)
})

test('a database that is deleted, overwritten, or no database is made again at the start', async () => {
  const id = await noop('--label', 'team=a')
  const before = told()
  const kept = () => readdirSync(b.home).filter((name) => /^berth\.db\.corrupt-[0-9TZ-]+$/.test(name)).length
  const damages: readonly (readonly [string, () => void])[] = [
    ['deleted', () => rmSync(database())],
    [
      'pages overwritten',
      () => {
        const bytes = readFileSync(database())
        writeFileSync(database(), bytes.fill(0xa5, 4096))
      },
    ],
    ['no database', () => writeFileSync(database(), 'this is no database, however long it may become\n'.repeat(200))],
    ['cut off', () => truncateSync(database(), 5000)],
  ]
  for (const [name, damage] of damages) {
    await kill()
    checkpoint()
    damage()
    expect([name, (await b.status(id)).state]).toEqual([name, 'done'])
    expect([name, told()]).toEqual([name, before])
  }
  expect(kept()).toBe(3)
  expect(log().split('the database is damaged').length - 1).toBe(3)
  // What was over stays as it was: nothing is cleaned up twice.
  expect((await b.events(id)).filter((event) => event.type === 'container.removed').length).toBe(1)
})

test('a journal ahead of the database is told from, also of a task that is over', async () => {
  const id = await noop()
  await kill()
  const seq = readFileSync(journal(id), 'utf8').trimEnd().split('\n').length + 1
  const event = { v: 1, seq, at: new Date().toISOString(), type: 'notice', level: 'warning', text: 'late' }
  appendFileSync(journal(id), `${JSON.stringify(event)}\n`)
  expect((await b.status(id)).warnings).toContain('late')
  expect((await b.status(id)).seq).toBe(seq)
})

const tear = (text: string) => {
  const lines = text.split('\n')
  return [...lines.slice(0, 3), lines[3]?.slice(0, 40), ...lines.slice(5)].join('\n')
}
const DAMAGES: readonly (readonly [string, (text: string) => string])[] = [
  ['a line torn in the middle', tear],
  ['an empty file', () => ''],
  ['null', () => 'null\n'],
  ['a line missing', (text) => text.split('\n').toSpliced(2, 1).join('\n')],
]
test.each(firstCase(DAMAGES))(
  'a journal with %s is reported by name and breaks no other command',
  async (_, damage) => {
    const broken = await noop()
    const whole = await noop()
    await kill()
    writeFileSync(journal(broken), damage(readFileSync(journal(broken), 'utf8')))
    for (const row of ['with its row', 'without']) {
      if (row === 'without') {
        await kill()
        rmSync(database())
      }
      const status = await b.run(['status', broken])
      expect([row, status.code]).toEqual([row, 70])
      expect(status.stderr).toContain(journal(broken))
      expect((await b.status(whole)).state).toBe('done')
      const { tasks } = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
      expect(tasks.map((task) => task.id)).toContain(whole)
      const doctor = await b.json<{ checks: { name: string; ok: boolean; detail: string }[] }>(['doctor'])
      const check = doctor.checks.find(({ name }) => name === 'journals')
      expect([check?.ok, check?.detail]).toEqual([false, expect.stringContaining(journal(broken))])
    }
    const refused = await b.run(['rm', broken])
    expect([refused.code, refused.stderr]).toEqual([70, expect.stringContaining(`berth rm --force ${broken}`)])
    expect((await b.run(['rm', '--force', broken])).code).toBe(0)
    expect(existsSync(join(b.home, 'tasks', broken))).toBe(false)
    expect((await b.run(['run', '--engine', engine?.flag ?? '', '--agent', 'noop', 'nothing'])).code).toBe(0)
  },
)

test('half a task, of which nobody was told, is gone after the next start', async () => {
  const id = await noop()
  const half = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
  const [first = ''] = readFileSync(journal(id), 'utf8').split('\n')
  await kill()
  mkdirSync(join(b.home, 'tasks', half))
  writeFileSync(journal(half), `${first.replaceAll(id, half)}\n`)
  const { tasks } = await b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
  expect(tasks.map((task) => task.id)).toContain(id)
  while (existsSync(join(b.home, 'tasks', half))) await sleep(10)
  expect((await b.run(['status', half])).code).toBe(2)
})
