import { expect, test } from 'vitest'
import type { AttachOpening } from '../../domain/attach.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { ViewerSink } from '../terminal/viewer.ts'
import { attachTask } from './attach-task.ts'

const OPENING: AttachOpening = { columns: 80, rows: 24, readOnly: false, take: false, who: 'ann' }
const sink = {} as ViewerSink

const bench = ({ state = 'running', onTerminal = true } = {}) => {
  let tell = () => {}
  let open: object | undefined
  const sizes: unknown[] = []
  const record = { id: 't-1', state }
  const plan = { order: { run: onTerminal ? { terminal: { columns: 80, rows: 24 } } : {} } }
  const over = new AbortController()
  const input = {
    deps: { terminals: { get: () => open, opened: () => new Promise<void>(() => {}) } },
    tasks: {
      onChange: (listener: () => void) => {
        tell = listener
        return () => {}
      },
    },
    record: () => record as TaskRecord,
    journal: () => ({ select: () => [{ type: 'turn.planned', turn: 1, plan }] }),
    signal: over.signal,
  } as unknown as Parameters<typeof attachTask>[0]
  const become = (next: string, terminal = false) => {
    record.state = next
    if (terminal) open = { attach: () => ({ resize: (size: unknown) => sizes.push(size) }) }
    tell()
  }
  return { input, become, sizes, over }
}

test.each([
  [{ onTerminal: false }, 't-1: its agent runs on no terminal', /`berth log -f t-1`.*`berth shell t-1`/],
  [{ onTerminal: false, state: 'done' }, 't-1: its agent runs on no terminal', /`berth log t-1`.*`berth run -it`/],
  [{ state: 'done' }, 't-1 is done: its terminal is closed', /`berth log t-1`.*`berth send t-1`/],
])('%o: who attaches is told what to do instead', (task, message, hint) => {
  const { input } = bench(task)
  expect(() => attachTask(input)).toThrow(
    expect.objectContaining({ code: 'no-terminal', message, hint: expect.stringMatching(hint) }),
  )
})

test.each([
  [0, 0],
  [80, 0],
  [1001, 24],
])('a terminal of %i x %i cells is refused', async (columns, rows) => {
  const attach = attachTask(bench().input)
  await expect(attach({ ...OPENING, columns, rows }, sink)).rejects.toMatchObject({
    code: 'no-terminal',
    message: `a terminal of ${columns} x ${rows} cells shows nothing`,
  })
})

test('a viewer waits for the terminal of a turn that has not begun', async () => {
  const { input, become, sizes } = bench({ state: 'queued' })
  const session = attachTask(input)(OPENING, sink)
  become('running')
  become('running', true)
  const { resize } = await session
  for (const columns of [0, 100, 5000]) resize({ columns, rows: 30 })
  expect(sizes).toEqual([{ columns: 100, rows: 30 }])
})

test('a viewer that waits is told when the turn ends before it has a terminal', async () => {
  const { input, become } = bench({ state: 'queued' })
  const session = attachTask(input)(OPENING, sink)
  become('failed')
  await expect(session).rejects.toMatchObject({ message: 't-1 is failed: its terminal is closed' })
})

test('a viewer that goes while it waits is forgotten', async () => {
  const { input, over } = bench({ state: 'queued' })
  const session = attachTask(input)(OPENING, sink)
  over.abort(new Error('the caller has gone'))
  await expect(session).rejects.toThrow('the caller has gone')
})
