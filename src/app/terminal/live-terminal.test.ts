import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { AttachOpening } from '../../domain/attach.ts'
import type { EventBody } from '../../domain/event.ts'
import { EXEC } from '../../domain/exec-frame.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { encodeFrame, type FrameBody, PROTOCOL } from '../../domain/worker-protocol.ts'
import type { Egress } from '../../egress/egress.ts'
import type { Plan } from '../../plan/plan.ts'
import type { LiveTask } from '../task/live-task.ts'
import { recordedFrame } from './ahead.ts'
import { terminals } from './terminals.ts'

const SIZE = { columns: 40, rows: 6 }
const OPENING: AttachOpening = { ...SIZE, readOnly: false, take: false, who: 'ann' }

const bench = () => {
  const folder = temporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const journal: EventBody[] = []
  const plan = { turn: 1, attempt: 1, order: { run: { terminal: { ...SIZE, term: 'xterm' } } } } as unknown as Plan
  const live = {
    id: 't-1',
    folder: folder.path,
    redact: (text: string) => text.replaceAll('sk-secret', '***'),
    append: (event: EventBody) => void journal.push(event),
  } as unknown as LiveTask
  const egress = { dial: async () => new PassThrough() } as unknown as Pick<Egress, 'dial'>
  const all = terminals()
  const deps = { clock: { now: () => new Date(0) }, egress, log: () => {} }
  const terminal = all.open(deps, live, plan)!
  const raw = taskPaths(folder.path).raw(plan)
  mkdirSync(dirname(raw), { recursive: true })
  let n = 0
  const record = (...bodies: readonly FrameBody[]) => {
    const frames = bodies.map((body) => {
      n += 1
      const frame = { v: PROTOCOL, n, t: Date.now(), ...body } as const
      const line = encodeFrame(frame)
      return recordedFrame(frame, line, live.redact(line))
    })
    appendFileSync(raw, frames.map(({ line }) => `${line}\n`).join(''))
    terminal.recorded(frames)
  }
  terminal.begin(0, 0)
  onTestFinished(() => terminal[Symbol.dispose]())
  const attach = (opening: Partial<AttachOpening> = {}) => {
    let text = ''
    const ends: string[] = []
    const sink = {
      send: (kind: number, data: Uint8Array | string) => {
        if (kind === EXEC.stdout) text += Buffer.from(data as string).toString()
        if (kind === EXEC.exit) ends.push(String(data))
      },
      unread: 0,
      drained: async () => {},
      end: () => void ends.push('end'),
    }
    return { session: terminal.attach({ ...OPENING, ...opening }, sink), text: () => text, ends }
  }
  return { folder: folder.path, all, terminal, record, attach, journal }
}

const out = (d: string): FrameBody => ({ k: 'out', s: 't', d })

test('a viewer sees what was said before and after it came, with the secrets masked', async () => {
  const { record, attach } = bench()
  record({ k: 'size', ...SIZE }, out('before sk-secret '))
  const viewer = attach()
  await expect.poll(viewer.text).toContain('before *** ')
  record(out('after sk-secret'))
  await expect.poll(viewer.text).toContain('after ***')
  expect(viewer.text()).not.toContain('sk-secret')
})

test('the end of the agent ends all viewers with its exit code, and who comes later, too', async () => {
  const { terminal, record, attach } = bench()
  const first = attach()
  record(out('bye'), { k: 'agent-end', code: null, signal: 'SIGINT', end: 'exit', oom: false, left: 0 })
  await expect.poll(() => first.ends).toEqual(['130', 'end'])
  expect(first.text()).toContain('bye')
  const late = attach()
  expect(late.ends).toEqual(['130', 'end'])
  expect(late.text()).toContain('bye')
  terminal.end(1)
  expect(first.ends).toEqual(['130', 'end'])
})

test('a turn that ends without a word of its worker ends its viewers, too', async () => {
  const { terminal, record, attach } = bench()
  const viewer = attach()
  record(out('killed'))
  terminal.end(137)
  await expect.poll(() => viewer.ends).toEqual(['137', 'end'])
  expect(viewer.text()).toContain('killed')
})

test('viewers have the exit code of a turn whose screen could not be made', () => {
  const { terminal, attach } = bench()
  const viewer = attach()
  terminal.end(137)
  terminal[Symbol.dispose]()
  expect(viewer.ends).toEqual(['137', 'end'])
})

test('when the supervisor leaves, viewers have no exit code and may come again', () => {
  const { all, terminal, attach, journal } = bench()
  const viewer = attach({ readOnly: true })
  expect(all.get('t-1')).toBeDefined()
  terminal[Symbol.dispose]()
  expect([viewer.ends, all.get('t-1')]).toEqual([['end'], undefined])
  viewer.session.close()
  expect(journal.map(({ type }) => type)).toEqual(['terminal.attached'])
})

test('a supervisor that leaves keeps what the next one needs, and the end of the turn removes it', async () => {
  const answered = (folder: string) => existsSync(`${taskPaths(folder).screen({ turn: 1, attempt: 1 })}.answered`)
  for (const ends of [false, true]) {
    const { folder, terminal, record, attach } = bench()
    const viewer = attach()
    record(out('\x1b[6nasked'))
    await expect.poll(viewer.text).toContain('asked')
    expect(answered(folder)).toBe(true)
    if (ends) terminal.end(0)
    terminal[Symbol.dispose]()
    expect(answered(folder)).toBe(!ends)
  }
})

test('a turn whose agent runs on no terminal has none here', () => {
  const plan = { order: { run: {} } } as unknown as Plan
  expect(terminals().open({} as never, {} as never, plan)).toBeUndefined()
})
