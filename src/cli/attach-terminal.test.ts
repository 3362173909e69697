import { type Duplex, duplexPair } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AttachState } from '../domain/attach.ts'
import { BerthError } from '../domain/errors.ts'
import { decodeExec, EXEC, type ExecFrame, encodeExec } from '../domain/exec-frame.ts'
import { attachTerminal } from './attach-terminal.ts'
import type { HoldInput } from './held-terminal.ts'

const ME = { id: 'me', who: 'ann@here pts/1', since: '2026-01-01T00:00:00.000Z' }
const BO = { ...ME, id: 'bo', who: 'bo@there pts/2' }
const STATE: AttachState = {
  you: 'me',
  viewers: [{ ...ME, readOnly: false }],
  writer: ME,
  columns: 80,
  rows: 24,
  input: 'open',
  lost: 0,
}

/** The supervisor's side of one connection. */
const served = (duplex: Duplex) => {
  const frames = decodeExec(duplex as AsyncIterable<Buffer>)
  duplex.on('error', () => {})
  return {
    next: async (): Promise<readonly [number, string]> => {
      const { value, done } = await frames.next()
      if (done) throw new Error('the connection has ended')
      const { kind, data } = value as ExecFrame
      return [kind, data.toString()]
    },
    send: (kind: number, data: unknown) =>
      void duplex.write(encodeExec(kind, typeof data === 'string' ? data : JSON.stringify(data))),
    end: () => void duplex.destroy(),
    ended: () => new Promise<void>((resolve) => duplex.once('close', () => resolve())),
  }
}
type Served = ReturnType<typeof served>

const attached = (options: { readOnly?: boolean; take?: boolean } = {}) => {
  const waiting: ((server: Served) => void)[] = []
  const connections: Served[] = []
  const screen = { shown: '', said: [] as string[], closed: 0, held: 0 }
  let keyboard: HoldInput | undefined
  const end = attachTerminal({
    id: 't-1',
    who: ME.who,
    readOnly: false,
    take: false,
    ...options,
    keys: [16, 17],
    size: () => ({ columns: 80, rows: 24 }),
    async connect() {
      const [ours, theirs] = duplexPair()
      const server = served(theirs)
      const taken = waiting.shift()
      if (taken === undefined) connections.push(server)
      else taken(server)
      return ours
    },
    hold(_, input) {
      screen.held += 1
      keyboard = input
      return {
        async show(data) {
          screen.shown += Buffer.from(data).toString()
        },
        say: (words) => void screen.said.push(words),
        close() {
          screen.closed += 1
        },
      }
    },
    signal: new AbortController().signal,
  })
  end.catch(() => {})
  return {
    screen,
    end,
    server: (): Promise<Served> =>
      new Promise((resolve) => {
        const there = connections.shift()
        if (there === undefined) waiting.push(resolve)
        else resolve(there)
      }),
    type: (text: string) => keyboard?.typed(Buffer.from(text)),
    keyboard: () => keyboard,
  }
}

const opened = async (options: Parameters<typeof attached>[0] = {}, state: AttachState = STATE) => {
  const viewer = attached(options)
  const server = await viewer.server()
  const [, opening] = await server.next()
  server.send(EXEC.state, state)
  server.send(EXEC.stdout, 'screen')
  await vi.waitUntil(() => viewer.screen.shown === 'screen')
  return { ...viewer, nextServer: viewer.server, server, opening: JSON.parse(opening) as unknown }
}
const nothingYet = Symbol('nothing yet')

test('the terminal is taken when the agent has one; keys and sizes go in, the screen comes out, the end is told', async () => {
  const { server, opening, screen, type, keyboard, end } = await opened()
  expect(opening).toEqual({ columns: 80, rows: 24, who: ME.who, readOnly: false, take: false })
  type('a\u0003')
  expect(await server.next()).toEqual([EXEC.stdin, 'a\u0003'])
  keyboard()?.resized({ columns: 80, rows: 24 })
  expect(await server.next()).toEqual([EXEC.resize, '{"columns":80,"rows":24}'])
  keyboard()?.continued()
  expect(await server.next()).toEqual([EXEC.resize, '{"columns":80,"rows":24}'])
  expect(screen.closed).toBe(0)
  server.send(EXEC.exit, '0')
  expect(await end).toBe('over')
  expect(screen).toEqual({ shown: 'screen', said: [], held: 1, closed: 1 })
})

test('an error before the terminal is there takes no terminal', async () => {
  const { server, end, screen } = attached()
  const supervisor = await server()
  supervisor.send(EXEC.failed, { code: 'terminal-in-use', detail: 'bo writes', hint: '' })
  await expect(end).rejects.toMatchObject({ code: 'terminal-in-use', message: 'bo writes' })
  expect(screen.held).toBe(0)
})

test('the detach keys detach; the agent gets what was typed before them', async () => {
  const { server, screen, type, end } = await opened()
  type('x\u0010')
  type('\u0011y')
  expect(await server.next()).toEqual([EXEC.stdin, 'x'])
  expect(await end).toBe('detached')
  expect(screen.closed).toBe(1)
})

test('who only looks on types nothing, and detaches all the same', async () => {
  const { server, type, keyboard, end } = await opened({ readOnly: true })
  expect(keyboard()?.input).toBe(false)
  type('abc')
  keyboard()?.resized({ columns: 80, rows: 24 })
  expect((await server.next())[0]).toBe(EXEC.resize)
  type('\u0010\u0011')
  expect(await end).toBe('detached')
})

test('a terminal that is gone detaches', async () => {
  const { keyboard, end } = await opened()
  keyboard()?.ended()
  expect(await end).toBe('detached')
})

describe('with a clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  const openedAt = async () => {
    vi.useRealTimers()
    const viewer = await opened()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    return viewer
  }

  test('the beginning of the detach keys goes to the agent in the end', async () => {
    const { server, type } = await openedAt()
    type('\u0010')
    const next = server.next()
    expect(await Promise.race([next, Promise.resolve(nothingYet)])).toBe(nothingYet)
    vi.runAllTimers()
    expect(await next).toEqual([EXEC.stdin, '\u0010'])
  })

  test('another writer is told over the screen, which is then drawn again', async () => {
    const { server, screen } = await openedAt()
    server.send(EXEC.state, { ...STATE, writer: BO })
    await vi.waitUntil(() => screen.said.length > 0)
    expect(screen.said).toEqual([
      'berth: bo@there pts/2 writes now, you look on; `berth attach --take t-1` takes it back',
    ])
    vi.runAllTimers()
    expect((await server.next())[0]).toBe(EXEC.resize)
  })
})

describe('a supervisor that ends', () => {
  const lost = async (state: AttachState = STATE) => {
    const viewer = await opened({}, state)
    viewer.server.end()
    await vi.waitUntil(() => viewer.screen.said.length > 0)
    return viewer
  }

  test('is called again; the writer writes again, and what was typed meanwhile goes nowhere', async () => {
    const { nextServer: next, type, end, screen } = await lost()
    type('lost')
    const server = await next()
    expect(JSON.parse((await server.next())[1])).toMatchObject({ take: true, readOnly: false })
    server.send(EXEC.state, { ...STATE, you: 'other', writer: { ...ME, id: 'other' } })
    server.send(EXEC.stdout, ' again')
    await vi.waitUntil(() => screen.shown === 'screen again')
    type('z')
    expect(await server.next()).toEqual([EXEC.stdin, 'z'])
    server.send(EXEC.exit, '0')
    expect(await end).toBe('over')
    expect(screen).toMatchObject({ held: 1, closed: 1, said: ['berth: the supervisor ended; connecting again'] })
  })

  test('a reader becomes no writer by that', async () => {
    const { nextServer: next, end } = await lost({ ...STATE, writer: BO })
    const server = await next()
    expect(JSON.parse((await server.next())[1])).toMatchObject({ take: false, readOnly: false })
    server.send(EXEC.failed, { code: 'terminal-in-use', detail: 'bo writes', hint: '' })
    const reading = await next()
    expect(JSON.parse((await reading.next())[1])).toMatchObject({ take: false, readOnly: true })
    reading.send(EXEC.exit, '0')
    expect(await end).toBe('over')
  })

  test('the detach keys work without one', async () => {
    const { type, end, screen } = await lost()
    type('\u0010\u0011')
    expect(await end).toBe('detached')
    expect(screen.closed).toBe(1)
  })

  test('a turn that ended meanwhile is over', async () => {
    const { nextServer: next, end } = await lost()
    ;(await next()).send(EXEC.failed, { code: 'no-terminal', detail: 't-1 is done', hint: '' })
    expect(await end).toBe('over')
  })

  test('another error is told', async () => {
    const { nextServer: next, end, screen } = await lost()
    ;(await next()).send(EXEC.failed, { code: 'disk-full', detail: 'no space', hint: '' })
    await expect(end).rejects.toBeInstanceOf(BerthError)
    expect(screen.closed).toBe(1)
  })
})
