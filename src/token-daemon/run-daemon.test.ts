import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tokenPlace } from '../../test/fixtures/token-place.ts'
import { BerthError } from '../domain/errors.ts'
import type { ForgeToken } from '../forges/forge.ts'
import type { DaemonWord, StartWord } from './protocol.ts'
import { type DaemonInput, runDaemon } from './run-daemon.ts'

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'berth-daemon-'))
  mkdirSync(join(base, 'task'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const place = () => tokenPlace(base)

const token = (value: string): ForgeToken => ({
  value,
  user: 'x-access-token',
  expiresAt: '2030-01-01T00:00:00Z',
  refreshAt: '2029-01-01T00:00:00Z',
})

/** A daemon in this process whose refreshes a test releases one by one. */
const daemon = (source: DaemonInput['source']) => {
  const end = new AbortController()
  const said: StartWord[] = []
  const logged: object[] = []
  const due: (() => void)[] = []
  const done = runDaemon({
    place: place(),
    source,
    say: (word) => void said.push(word),
    log: (line) => void logged.push(line),
    now: () => new Date(),
    sleepUntil: (_, signal) =>
      new Promise((resolve, reject) => {
        due.push(resolve)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    signal: end.signal,
  })
  return {
    ...{ done, said, logged },
    end: () => end.abort('SIGTERM'),
    refresh: async () => {
      await vi.waitFor(() => expect(due).not.toEqual([]))
      due.shift()?.()
    },
    ready: () => vi.waitFor(() => expect(said).toContainEqual({ kind: 'ready' })),
  }
}

const watched = (answers: boolean) => {
  const words: DaemonWord[] = []
  const socket = connect(place().socket)
  createInterface({ input: socket }).on('line', (line) => {
    words.push(JSON.parse(line))
    if (answers) socket.write('ok\n')
  })
  return { words, [Symbol.dispose]: () => void socket.destroy() }
}

const file = () => readFileSync(join(base, 'secrets/t-1/ghapp_token'), 'utf8')

describe('runDaemon', () => {
  test('tells those who watch of each token before it can be read, and of its end', async () => {
    let asked = 0
    const it = daemon(async () => token(`token-${asked++}`))
    await it.ready()
    using watch = watched(true)
    await vi.waitFor(() => expect(watch.words[0]).toMatchObject({ kind: 'hello', token: 'token-0', pid: process.pid }))
    await it.refresh()
    await vi.waitFor(() => expect(watch.words.at(-1)?.kind).toBe('refreshed'))
    expect(watch.words.slice(1)).toMatchObject([{ kind: 'next', token: 'token-1' }, { kind: 'refreshed' }])
    expect(file()).toBe('token-1')
    it.end()
    expect(await it.done).toBe(true)
    await vi.waitFor(() => expect(watch.words.at(-1)).toEqual({ kind: 'ending', reason: 'SIGTERM' }))
  })

  test('S4-67: removes the secrets at its end, and keeps the folder', async () => {
    const it = daemon(async () => token('token-0'))
    await it.ready()
    it.end()
    expect(await it.done).toBe(true)
    expect(readdirSync(join(base, 'secrets/t-1'))).toEqual([])
    expect(existsSync(place().socket)).toBe(false)
  })

  test('S4-68: logs each refresh, and no value', async () => {
    let asked = 0
    const it = daemon(async () => {
      asked += 1
      if (asked === 2) throw new Error('token-1 was refused')
      return token(`token-${asked}`)
    })
    await it.ready()
    await it.refresh()
    await it.refresh()
    await vi.waitFor(() => expect(file()).toBe('token-3'))
    it.end()
    await it.done
    const words = it.logged.map((line) => (line as { msg: string }).msg)
    const all = ['token daemon started', 'token written', 'token not refreshed', 'token written', 'token daemon ended']
    expect(words).toEqual(all)
    expect(JSON.stringify(it.logged)).not.toMatch(/token-\d/)
    expect(it.logged[1]).toMatchObject({ repository: 'acme/app', expiresAt: '2030-01-01T00:00:00Z' })
  })

  test('keeps the last token while refreshes fail', async () => {
    let asked = 0
    const it = daemon(async () => {
      asked += 1
      if (asked > 1 && asked < 5) throw new BerthError('internal', 'no answer')
      return token(`token-${asked}`)
    })
    await it.ready()
    for (let n = 0; n < 3; n += 1) {
      await it.refresh()
      expect(file()).toBe('token-1')
    }
    await it.refresh()
    await vi.waitFor(() => expect(file()).toBe('token-5'))
    it.end()
    await it.done
  })

  test('one a task: the second says that there is one', async () => {
    const it = daemon(async () => token('token-0'))
    await it.ready()
    const other = daemon(async () => token('other'))
    expect(await other.done).toBe(false)
    expect(other.said).toEqual([{ kind: 'busy' }])
    expect(file()).toBe('token-0')
    it.end()
    await it.done
    const third = daemon(async () => token('third'))
    await third.ready()
    third.end()
    expect(await third.done).toBe(true)
  })

  test('does not start without a first token, and says why', async () => {
    const it = daemon(() => Promise.reject(new BerthError('bad-request', 'the App is not installed', { hint: 'do' })))
    expect(await it.done).toBe(false)
    expect(it.said).toEqual([
      { kind: 'listening' },
      { kind: 'failed', code: 'bad-request', message: 'the App is not installed', hint: 'do' },
    ])
    expect(readdirSync(join(base, 'secrets/t-1'))).toEqual([])
  })

  test.each(['task', 'secrets/t-1'])('ends when the folder %s is gone', async (folder) => {
    const it = daemon(async () => token('token-0'))
    await it.ready()
    rmSync(join(base, folder), { recursive: true })
    expect(await it.done).toBe(true)
    expect(existsSync(join(base, 'secrets/t-1/ghapp_token'))).toBe(false)
    expect(it.logged.at(-1)).toMatchObject({ reason: 'the task is gone' })
  })

  test('is not held up by a watcher that does not answer', async () => {
    let asked = 0
    const it = daemon(async () => token(`token-${asked++}`))
    await it.ready()
    using watch = watched(false)
    await vi.waitFor(() => expect(watch.words).not.toEqual([]))
    await it.refresh()
    await vi.waitFor(() => expect(file()).toBe('token-1'), 10_000)
    it.end()
    await it.done
  })
})
