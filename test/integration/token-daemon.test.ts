import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NO_COMPANY } from '../../src/domain/company-network.ts'
import { tokenDaemons } from '../../src/token-daemon/client.ts'
import type { TokenOrder } from '../../src/token-daemon/protocol.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { tokenPlace } from '../fixtures/token-place.ts'

const entry = join(import.meta.dirname, '../../src/token-daemon/main.ts')

let base = ''
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'berth-daemon-'))
  mkdirSync(join(base, 'task'))
})
afterEach(async () => {
  await daemons().end(place())
  rmSync(base, { recursive: true, force: true })
})

const place = () => tokenPlace(base)

const daemons = () => tokenDaemons({ entry, node: process.execPath, env: {} })

const TOKEN = 'ghp_aTokenThatNobodyMaySee0123456789'

const PERSONAL: Pick<TokenOrder, 'company' | 'credentials'> = {
  company: NO_COMPANY,
  credentials: {
    access: { kind: 'token', reference: 'env:TOKEN' },
    baseUrl: 'https://api.github.com',
    secret: TOKEN,
  },
}

const held = (order = PERSONAL) => {
  const failures: string[] = []
  const pids: number[] = []
  const tokens: string[] = []
  const ends: string[] = []
  const over = new AbortController()
  const hold = daemons().hold(
    place(),
    async () => order,
    {
      onToken: (token) => void tokens.push(token),
      onStarted: (pid) => void pids.push(pid),
      onRefreshed: () => {},
      onFailed: (reason) => void failures.push(reason),
      onEnded: (reason) => void ends.push(reason),
    },
    over.signal,
  )
  return { hold, pids, tokens, ends, failures, [Symbol.dispose]: () => hold[Symbol.dispose]() }
}

const isAlive = (pid = 0) => existsSync(`/proc/${pid}`)
const file = () => readFileSync(join(place().folder, 'ghapp_token'), 'utf8')

describe('tokenDaemons', () => {
  test('S4-35, S4-36, S4-37: makes the folder with its first token', async () => {
    using it = held()
    await it.hold.ready
    expect(file()).toBe(TOKEN)
    expect(statSync(place().folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(place().folder, 'ghapp_token')).mode & 0o777).toBe(0o600)
    expect(it.tokens[0]).toBe(TOKEN)
  })

  test('the daemon outlives who started it, and the next one finds it', async () => {
    const first = held()
    await first.hold.ready
    first[Symbol.dispose]()
    using second = held()
    await second.hold.ready
    expect(second.pids).toEqual(first.pids)
    expect(second.tokens).toContain(TOKEN)
    expect(isAlive(first.pids[0])).toBe(true)
  })

  test('starts another one for one that was killed', async () => {
    using it = held()
    await it.hold.ready
    process.kill(it.pids[0] ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(it.pids).toHaveLength(2), 10_000)
    expect(it.ends).toEqual(['it was killed'])
    await vi.waitFor(() => expect(file()).toBe(TOKEN), 10_000)
  })

  test('S4-67: at its end nothing is left, and another end does nothing', async () => {
    const it = held()
    await it.hold.ready
    it[Symbol.dispose]()
    await daemons().end(place())
    expect(isAlive(it.pids[0])).toBe(false)
    expect(existsSync(place().folder)).toBe(false)
    expect(readdirSync(join(base, 'd'))).toEqual([])
    await daemons().end(place())
  })

  test('S4-68: no value in its command line, environment and log', async () => {
    using it = held()
    await it.hold.ready
    const pid = it.pids[0]
    const log = readFileSync(join(base, 'task/token-daemon.log'), 'utf8')
    expect(log).toContain('token written')
    const shown = [readFileSync(`/proc/${pid}/cmdline`), readFileSync(`/proc/${pid}/environ`), log].join('\n')
    expect(shown).not.toContain(TOKEN)
    expect(execFileSync('ps', ['-ef'], { encoding: 'utf8' })).not.toContain(TOKEN)
  })

  test("S4-40, S4-65: an App's tokens follow one another, over failures of the forge", async () => {
    await using github = await startGitHub()
    github.addRepository({ name: 'acme/app' })
    github.tokenLife = 2
    const { id, privateKey } = github.app
    const app = { appId: String(id), key: 'file:/key', installationId: null }
    using it = held({
      company: { ...NO_COMPANY, caFile: github.caFile },
      credentials: { access: { kind: 'app', app }, baseUrl: github.apiUrl, secret: privateKey },
    })
    await it.hold.ready
    const first = file()
    expect(github.liveTokens.map(({ value }) => value)).toEqual([first])
    github.failNext({ on: /access_tokens/, status: 403, message: 'Resource not accessible' })
    await vi.waitFor(() => expect(file()).not.toBe(first), 20_000)
    expect(it.failures.length).toBeGreaterThan(0)
    expect(it.tokens).toEqual([first, file()])
    expect(github.liveTokens.map(({ value }) => value)).toContain(file())
    const log = readFileSync(join(base, 'task/token-daemon.log'), 'utf8')
    for (const { value } of github.tokens) expect(log).not.toContain(value)
    expect(log).not.toContain('PRIVATE KEY')
  })
})
