import { expect, test } from 'vitest'
import type { AttachState } from '../../domain/attach.ts'
import type { EventBody } from '../../domain/event.ts'
import { EXEC } from '../../domain/exec-frame.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { audience } from './audience.ts'
import type { SandboxLine } from './sandbox-line.ts'
import { openScreen } from './screen.ts'

const SIZE = { columns: 20, rows: 5 }

const bench = () => {
  const typed: string[] = []
  const sizes: TerminalSize[] = []
  const journal: EventBody[] = []
  const line = {
    isOpen: true,
    open: () => {},
    type: async (bytes: Buffer) => void typed.push(bytes.toString()),
    resize: (size: TerminalSize) => void sizes.push(size),
  } as unknown as SandboxLine
  const screen = openScreen(SIZE, () => {})
  const house = audience({
    task: 't-1',
    turn: 2,
    line,
    screen: () => screen,
    append: (event) => journal.push(event),
    now: () => new Date(0),
    planned: SIZE,
  })
  const join = (
    who: string,
    more: { readonly readOnly?: boolean; readonly take?: boolean; readonly columns?: number } = {},
  ) => {
    const got: [number, string][] = []
    const read = Promise.withResolvers<void>()
    const sink = {
      send: (kind: number, data: Uint8Array | string) => void got.push([kind, Buffer.from(data as string).toString()]),
      unread: 0,
      drained: () => read.promise,
      end: () => void got.push([-1, '']),
    }
    const session = house.join({ ...SIZE, readOnly: false, take: false, who, ...more }, sink)
    return {
      session,
      got,
      sink,
      /** The viewer reads all that was sent. */
      read: () => {
        sink.unread = 0
        read.resolve()
      },
      state: () => JSON.parse(got.findLast(([kind]) => kind === EXEC.state)![1]) as AttachState,
    }
  }
  const events = () => journal.map((event) => ('viewer' in event ? event.type.replace('terminal.', '') : event.type))
  return { house, join, typed, sizes, journal, events, screen }
}

test('the first viewer writes, a second one is refused, and a reader is welcome', async () => {
  const { join, typed, events } = bench()
  const ann = join('ann@laptop pts/3')
  expect(() => join('bob')).toThrow('ann@laptop pts/3 writes to the terminal of t-1')
  const bob = join('bob', { readOnly: true })
  await ann.session.type(Buffer.from('a'))
  await bob.session.type(Buffer.from('b'))
  bob.session.take()
  expect(typed).toEqual(['a'])
  expect(bob.state()).toMatchObject({
    viewers: [{ who: 'ann@laptop pts/3' }, { who: 'bob', readOnly: true }],
    writer: { who: 'ann@laptop pts/3', since: '1970-01-01T00:00:00.000Z' },
    ...SIZE,
    input: 'open',
    lost: 0,
  })
  expect(events()).toEqual(['attached', 'writer', 'attached'])
})

test('who takes writing over has it, and the one before reads on', async () => {
  const { join, typed, sizes, events } = bench()
  const ann = join('ann')
  const bob = join('bob', { take: true, columns: 30 })
  await ann.session.type(Buffer.from('a'))
  await bob.session.type(Buffer.from('b'))
  expect(ann.state().writer?.who).toBe('bob')
  expect(ann.state().writer?.id).toBe(bob.state().you)
  ann.session.take()
  await ann.session.type(Buffer.from('A'))
  expect(typed).toEqual(['b', 'A'])
  // Each time, whatever size its screen has now: another one may be on its way to the terminal.
  expect(sizes).toEqual([SIZE, { columns: 30, rows: 5 }, SIZE])
  expect(events()).toEqual(['attached', 'writer', 'attached', 'writer', 'writer'])
})

test('when the writer leaves, who types next writes', async () => {
  const { join, typed, events } = bench()
  const ann = join('ann')
  const bob = join('bob', { take: true })
  bob.session.close()
  bob.session.close()
  expect(ann.state()).toMatchObject({ writer: null, viewers: [{ who: 'ann' }] })
  await ann.session.type(Buffer.from('a'))
  await bob.session.type(Buffer.from('b'))
  expect(typed).toEqual(['a'])
  expect(events()).toEqual(['attached', 'writer', 'attached', 'writer', 'detached', 'writer'])
})

test("the writer's size is the terminal's, another one's is not", () => {
  const { join, sizes } = bench()
  const ann = join('ann', { columns: 40 })
  const bob = join('bob', { readOnly: true, columns: 50 })
  bob.session.resize({ columns: 60, rows: 9 })
  ann.session.resize({ columns: 41, rows: 9 })
  expect(sizes).toEqual([
    { columns: 40, rows: 5 },
    { columns: 41, rows: 9 },
  ])
})

test.each([
  ['\x1b]52;c;aGk=\x07ann\r\nroot', 'ann root'],
  ['', 'somebody'],
  ['x'.repeat(500), 'x'.repeat(100)],
])('who a viewer says it is, is made safe: %j', (who, shown) => {
  const { join, journal } = bench()
  expect(join(who).state().viewers[0]?.who).toBe(shown)
  expect(journal[0]).toMatchObject({ type: 'terminal.attached', turn: 2, who: shown })
})

test('everybody gets the exit code last', () => {
  const { house, join } = bench()
  const all = [join('ann'), join('bob', { readOnly: true, columns: 9 })]
  house.end('130')
  for (const { got } of all)
    expect(got.slice(-2)).toEqual([
      [EXEC.exit, '130'],
      [-1, ''],
    ])
  expect(house.size).toBe(0)
})

test('a viewer that reads nothing hears only the last of how things stand', async () => {
  const { house, join } = bench()
  const ann = join('ann')
  const bob = join('bob', { readOnly: true })
  bob.sink.unread = 256 * 1024
  const before = bob.got.length
  for (let time = 0; time < 1000; time += 1) house.tell()
  ann.session.close()
  expect(bob.got).toHaveLength(before)
  bob.read()
  while (bob.got.length === before) await new Promise((resolve) => setImmediate(resolve))
  expect(bob.got).toHaveLength(before + 1)
  expect(bob.state()).toMatchObject({ writer: null, viewers: [{ who: 'bob' }] })
})
