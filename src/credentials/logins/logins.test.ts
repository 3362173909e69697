import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NO_COMPANY } from '../../domain/company-network.ts'
import type { Login } from '../../domain/login.ts'
import { loginVersion } from '../../domain/login-version.ts'
import type { RefreshLogin } from '../../egress/egress.ts'
import type { LoginService } from '../../providers/provider.ts'
import { logins } from './logins.ts'

const HOUR = 3_600_000
const START = Date.parse('2026-11-30T12:00:00.000Z')
let folder = ''
let now = START
const at = (ms: number) => new Date(START + ms).toISOString()

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'berth-logins-')), 'logins')
  now = START
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const LOGIN: Login = {
  v: 1,
  provider: 'codex',
  name: 'work',
  kind: 'subscription',
  service: 'chatgpt',
  access: 'at-1',
  refresh: 'rt-1',
  expiresAt: at(HOUR),
  account: 'acc',
  who: null,
  plan: null,
  scopes: null,
  extra: { id_token: 'id-1' },
  issuer: null,
  createdAt: at(0),
  refreshedAt: null,
  problem: null,
}
const ID = { provider: 'codex', name: 'work' }
const signal = new AbortController().signal
const asked = { company: NO_COMPANY, signal }

const SERVICE = {
  id: 'chatgpt',
  title: 'ChatGPT',
  refresh: {
    url: 'https://auth.example/oauth/token?a=b',
    type: 'json',
    body: ({ refresh }: Login) => ({ refresh_token: refresh ?? '' }),
    read: (answer: unknown, time: Date) => {
      const { access, refresh } = answer as { access?: string; refresh?: string }
      if (access === undefined) throw new Error('it has no access token')
      return { access, refresh: refresh as string, expiresAt: new Date(time.getTime() + HOUR).toISOString() }
    },
  },
} as unknown as LoginService

type Asked = Parameters<RefreshLogin>[0]

/** An issuer as the refresher's process has it: the answer lies beside the login when it is told. */
const issuer = (answer: (order: Asked, call: number) => { status: number; body: unknown } | string) => {
  const orders: Asked[] = []
  const refresh: RefreshLogin = async (order) => {
    orders.push(order)
    const said = answer(order, orders.length)
    if (typeof said === 'string') return said
    const { version } = order
    writeFileSync(
      join(order.folder, 'answer.json'),
      JSON.stringify({ v: 1, version, at: new Date(now).toISOString(), ...said }),
      { mode: 0o600 },
    )
    return null
  }
  return { orders, refresh }
}
const rotating = () => issuer((_, n) => ({ status: 200, body: { access: `at-${n + 1}`, refresh: `rt-${n + 1}` } }))
const store = (refresh: RefreshLogin = rotating().refresh) =>
  logins({ folder, serviceOf: () => SERVICE, refresh, now: () => new Date(now) })

describe('the files', () => {
  test('are for their owner alone, and hold what was put', async () => {
    const all = store()
    await all.put(LOGIN)
    for (const path of [folder, join(folder, 'codex'), join(folder, 'codex/work')])
      expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'codex/work/login.json')).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'codex/work'))).toEqual(['login.json'])
    expect(await store().find(ID)).toEqual(LOGIN)
    expect(await all.find({ ...ID, name: 'other' })).toBeNull()
    expect(await all.find({ ...ID, name: '../work' })).toBeNull()
  })

  test.each([
    [
      'a link',
      (path: string) => {
        rmSync(path)
        writeFileSync(`${folder}-elsewhere`, JSON.stringify(LOGIN), { mode: 0o600 })
        symlinkSync(`${folder}-elsewhere`, path)
      },
      'is a link',
    ],
    ['open to others', (path: string) => chmodSync(path, 0o644), 'open to other users (mode 644)'],
    ['no JSON', (path: string) => writeFileSync(path, '{"access":"sk-secret'), 'login.json is wrong: the file'],
    [
      'of another name',
      (path: string) => writeFileSync(path, JSON.stringify({ ...LOGIN, name: 'b' })),
      'that of codex/b',
    ],
    ['too large', (path: string) => writeFileSync(path, ' '.repeat(300_000)), 'over the limit'],
  ])('a file that is %s is no login, and the list names it', async (_, spoil, words) => {
    const all = store()
    await all.put(LOGIN)
    spoil(join(folder, 'codex/work/login.json'))
    await expect(all.find(ID)).rejects.toMatchObject({ code: 'login-failed', message: expect.stringContaining(words) })
    const listed = await all.list()
    expect(listed.logins).toEqual([])
    expect(listed.broken).toEqual([{ ...ID, problem: expect.stringContaining(words) }])
    expect(JSON.stringify(listed)).not.toContain('sk-secret')
  })

  test('a folder that is a link is not written to', async () => {
    await store().put(LOGIN)
    rmSync(join(folder, 'codex/work'), { recursive: true })
    symlinkSync(tmpdir(), join(folder, 'codex/work'))
    await expect(store().put(LOGIN)).rejects.toMatchObject({ code: 'login-failed' })
    expect(existsSync(join(tmpdir(), 'login.json'))).toBe(false)
  })
})

describe('the one in use', () => {
  test('is the chosen one, else `default`, else the only one', async () => {
    const all = store()
    expect(all.chosen('codex')).toBeNull()
    await all.put(LOGIN)
    expect(all.chosen('codex')).toBe('work')
    await all.put({ ...LOGIN, name: 'home' })
    expect(all.chosen('codex')).toBeNull()
    await all.put({ ...LOGIN, name: 'default' })
    expect(all.chosen('codex')).toBe('default')
    await all.choose({ provider: 'codex', name: 'home' })
    expect(store().chosen('codex')).toBe('home')
    await all.remove({ provider: 'codex', name: 'home' })
    expect(all.chosen('codex')).toBe('default')
    await expect(all.choose({ provider: 'codex', name: 'home' })).rejects.toMatchObject({ code: 'no-login' })
    await expect(all.remove({ provider: 'claude', name: 'x' })).rejects.toMatchObject({ code: 'no-login' })
  })
})

describe('a refresh', () => {
  test('is not asked for before the last six minutes', async () => {
    const { orders, refresh } = rotating()
    const all = store(refresh)
    await all.put(LOGIN)
    now = START + HOUR - 6 * 60_000 - 1000
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready', version: loginVersion(LOGIN) })
    expect(orders).toEqual([])
    now += 1000
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready', login: { access: 'at-2', refresh: 'rt-2' } })
    expect(orders).toEqual([
      {
        folder: join(folder, 'codex/work'),
        version: loginVersion(LOGIN),
        url: 'https://auth.example/oauth/token?a=b',
        type: 'json',
        body: { refresh_token: 'rt-1' },
        company: NO_COMPANY,
      },
    ])
  })

  test('is one for twenty that ask at once, also where each had the old token refused', async () => {
    const { orders, refresh } = rotating()
    const all = store(refresh)
    await all.put(LOGIN)
    const refused = loginVersion(LOGIN)
    const states = await Promise.all(Array.from({ length: 20 }, () => all.fresh(ID, { ...asked, refused })))
    const late = await all.fresh(ID, { ...asked, refused })
    expect([...states, late].map((state) => state.kind === 'ready' && state.login.access)).toEqual(
      Array.from({ length: 21 }, () => 'at-2'),
    )
    expect(orders).toHaveLength(1)
  })

  test('goes to the issuer that the login names', async () => {
    const { orders, refresh } = rotating()
    const all = store(refresh)
    await all.put({ ...LOGIN, issuer: 'http://127.0.0.1:9/base/' })
    await all.fresh(ID, { ...asked, refused: loginVersion(LOGIN) })
    expect(orders[0]?.url).toBe('http://127.0.0.1:9/base/oauth/token?a=b')
  })

  test('whose answer nobody took is in the login of the next supervisor', async () => {
    const { refresh } = rotating()
    await store(refresh).put(LOGIN)
    await refresh({ folder: join(folder, 'codex/work'), version: loginVersion(LOGIN) } as Asked)
    const after = await store().find(ID)
    expect(after).toMatchObject({ access: 'at-2', refresh: 'rt-2', refreshedAt: at(0), extra: { id_token: 'id-1' } })
    expect(readdirSync(join(folder, 'codex/work')).sort()).toEqual(['login.json'])
    expect(JSON.parse(readFileSync(join(folder, 'codex/work/login.json'), 'utf8'))).toEqual(after)
  })

  test('of other tokens changes nothing', async () => {
    const all = store()
    await all.put(LOGIN)
    await rotating().refresh({ folder: join(folder, 'codex/work'), version: 'of-another' } as Asked)
    expect(await all.find(ID)).toEqual(LOGIN)
  })

  test('that the issuer refuses blocks the login until it is stored again', async () => {
    const { orders, refresh } = issuer(() => ({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'reused' },
    }))
    const all = store(refresh)
    await all.put(LOGIN)
    const refused = { ...asked, refused: loginVersion(LOGIN) }
    const reason =
      'the login codex/work does not work any more (the issuer refused to refresh it: reused): run `berth auth login codex --name work`'
    expect(await all.fresh(ID, refused)).toEqual({ kind: 'blocked', reason })
    expect(await all.fresh(ID, asked)).toEqual({ kind: 'blocked', reason })
    expect(orders).toHaveLength(1)
    const again = all.stored(ID, signal)
    await all.put({ ...LOGIN, access: 'at-9' })
    await again
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready', login: { access: 'at-9', problem: null } })
  })

  test('that gets no answer leaves a token that still works, and is not tried at once again', async () => {
    const { orders, refresh } = issuer(() => 'auth.example answered 503')
    const all = store(refresh)
    await all.put(LOGIN)
    now = START + HOUR - 60_000
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready', login: { access: 'at-1' } })
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
    expect(orders).toHaveLength(1)
    now = START + HOUR
    const state = await all.fresh(ID, asked)
    expect(state).toMatchObject({ kind: 'late', reason: expect.stringContaining('auth.example answered 503') })
    expect((await all.find(ID))?.problem).toBeNull()
  })

  test('whose answer is not understood keeps it, for a version that does', async () => {
    const { refresh } = issuer(() => ({ status: 200, body: { refresh: 'rt-2' } }))
    const all = store(refresh)
    await all.put(LOGIN)
    expect(await all.fresh(ID, { ...asked, refused: loginVersion(LOGIN) })).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('it has no access token'),
    })
    expect(JSON.parse(readFileSync(join(folder, 'codex/work/answer.json'), 'utf8'))).toMatchObject({
      body: { refresh: 'rt-2' },
    })
  })
})

describe('a token that is not refreshed', () => {
  const TOKEN: Login = { ...LOGIN, kind: 'token', refresh: null }
  test('works until it expires, and not when the model refuses it', async () => {
    const { orders, refresh } = rotating()
    const all = store(refresh)
    await all.put(TOKEN)
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
    expect(await all.fresh(ID, { ...asked, refused: loginVersion(TOKEN) })).toMatchObject({ kind: 'blocked' })
    now = START + HOUR
    expect(await all.fresh(ID, asked)).toEqual({
      kind: 'blocked',
      reason: `the login codex/work expired at ${at(HOUR)}: run \`berth auth login codex --name work\``,
    })
    expect(orders).toEqual([])
  })
  test('that the model refused is blocked for all, until a person logs in', async () => {
    const all = store()
    await all.put(TOKEN)
    await all.refuse(ID, 'of-another')
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
    await all.refuse(ID, loginVersion(TOKEN))
    expect(await store().fresh(ID, asked)).toMatchObject({
      kind: 'blocked',
      reason: expect.stringContaining('(the model refuses its token): run `berth auth login codex --name work`'),
    })
    await all.put(TOKEN)
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
    await all.put(LOGIN)
    await all.refuse(ID, loginVersion(LOGIN))
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
  })
  test('that is missing names the command that makes it', async () => {
    expect(await store().fresh(ID, asked)).toEqual({
      kind: 'blocked',
      reason: 'there is no login codex/work: run `berth auth login codex --name work`',
    })
  })
})

describe('a login that is held', () => {
  test('by a task that waited for it is used when it is stored', async () => {
    const all = store()
    const tokens: string[] = []
    using _ = all.hold({ id: ID, task: 't-1', company: NO_COMPANY, onToken: ({ access }) => void tokens.push(access) })
    await all.put(LOGIN)
    await vi.waitFor(() => expect(tokens).toContain('at-1'))
    expect((await all.list()).logins).toMatchObject([{ lastUsed: at(0) }])
  })
  test('is refreshed in time, and each holder hears of it', async () => {
    const { orders, refresh } = rotating()
    const all = store(refresh)
    await all.put({ ...LOGIN, expiresAt: at(400) })
    const heard: string[][] = [[], []]
    const holds = heard.map((tokens, n) =>
      all.hold({ id: ID, task: `t-${n}`, company: NO_COMPANY, onToken: ({ access }) => void tokens.push(access) }),
    )
    expect((await all.list()).logins).toMatchObject([{ tasks: ['t-0', 't-1'], lastUsed: at(0) }])
    await vi.waitFor(() => expect(heard.every((tokens) => tokens.includes('at-1'))).toBe(true))
    now = START + 300
    await vi.waitFor(() => expect(heard.every((tokens) => tokens.at(-1) === 'at-2')).toBe(true))
    expect(orders).toHaveLength(1)
    await all.put({ ...LOGIN, access: 'at-of-a-person' })
    await vi.waitFor(() => expect(heard.every((tokens) => tokens.at(-1) === 'at-of-a-person')).toBe(true))
    for (const one of holds) one[Symbol.dispose]()
    expect((await all.list()).logins).toMatchObject([{ tasks: [] }])
    await all.put({ ...LOGIN, access: 'at-unheard' })
    await all.find(ID)
    expect(heard.flat()).not.toContain('at-unheard')
  })
})

describe('a login that is lent', () => {
  const lending = { task: 't-one', ...asked }

  test('is refreshed for nobody else, and comes back to all', async () => {
    const { refresh, orders } = rotating()
    const all = store(refresh)
    await all.put(LOGIN)
    expect(await all.lend(ID, lending)).toMatchObject({ kind: 'ready' })
    now += HOUR
    const late = { kind: 'late', reason: 'the login codex/work is lent to t-one' }
    expect(await all.fresh(ID, asked)).toEqual(late)
    expect(await all.fresh(ID, { ...asked, refused: loginVersion(LOGIN) })).toEqual(late)
    expect(await all.lend(ID, { ...lending, task: 't-two' })).toEqual(late)
    expect((await all.list()).logins).toMatchObject([{ tasks: ['t-one'], lentTo: 't-one' }])
    all.giveBack('t-two')
    expect(await all.fresh(ID, asked)).toEqual(late)
    expect(orders).toEqual([])
    all.giveBack('t-one')
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready', login: { access: 'at-2' } })
    expect((await all.list()).logins).toMatchObject([{ tasks: [], lentTo: null }])
  })

  test('is refreshed before it is lent, where that is due', async () => {
    const all = store()
    await all.put(LOGIN)
    now += HOUR
    expect(await all.lend(ID, lending)).toMatchObject({ kind: 'ready', login: { access: 'at-2' } })
  })

  test('one that does not work is not lent', async () => {
    const all = store()
    await all.put({ ...LOGIN, problem: 'revoked' })
    expect(await all.lend(ID, lending)).toMatchObject({ kind: 'blocked' })
    await all.put(LOGIN)
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'ready' })
  })

  test('a task of an earlier supervisor has it still', async () => {
    const { refresh, orders } = rotating()
    const all = store(refresh)
    await all.put(LOGIN)
    all.adoptLent(ID, 't-one')
    now += HOUR
    expect(await all.fresh(ID, asked)).toMatchObject({ kind: 'late' })
    expect(orders).toEqual([])
  })

  test('what comes back replaces the tokens that were lent, and no others', async () => {
    const all = store()
    await all.put(LOGIN)
    const lent = loginVersion(LOGIN)
    const back = { ...LOGIN, access: 'at-inside', refresh: 'rt-inside' }
    await all.put({ ...LOGIN, access: 'at-new', refresh: 'rt-new' })
    expect(await all.replace(back, lent)).toBe(false)
    expect(await all.find(ID)).toMatchObject({ access: 'at-new' })
    await all.put(LOGIN)
    expect(await all.replace(back, lent)).toBe(true)
    expect(await all.find(ID)).toMatchObject({ access: 'at-inside' })
    await all.remove(ID)
    expect(await all.replace(back, lent)).toBe(false)
    expect(await all.find(ID)).toBeNull()
  })
})
