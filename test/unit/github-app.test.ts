import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { BerthError } from '../../src/domain/errors.ts'
import { type ForgeAt, forgeAt } from '../fixtures/github/forge-at.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'

const READ = { repository: 'acme/app', permissions: { contents: 'read' } } as const
const WRITE = { repository: 'acme/app', permissions: { contents: 'write' } } as const

afterEach(() => void vi.useRealTimers())

const withRepository = async (options: Parameters<typeof startGitHub>[0] = {}): Promise<GitHub> => {
  const github = await startGitHub(options)
  github.addRepository({ name: 'acme/app', private: true })
  return github
}

const refusal = async (work: Promise<unknown>): Promise<BerthError> => {
  const error = await work.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(BerthError)
  return error as BerthError
}

const minted = ({ requests }: GitHub) => requests.filter(({ path }) => path.endsWith('/access_tokens'))

const claims = (authorization: string | undefined) =>
  JSON.parse(Buffer.from(authorization?.split('.')[1] ?? '', 'base64url').toString())

describe('the App', () => {
  test('S4-27: its JWT has its id, begins in the past and ends within ten minutes', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    const before = Math.floor(Date.now() / 1000)
    await forge.token(READ, call)
    const { authorization } = github.requests[0]?.headers ?? {}
    const { iss, iat, exp } = claims(authorization)
    expect(authorization).toMatch(/^bearer ey/)
    expect(iss).toBe(String(github.app.id))
    expect(iat).toBeLessThanOrEqual(before)
    expect(exp - iat).toBeLessThanOrEqual(600)
  })

  test('S4-28: id and key give a valid App token, as its client id does', async () => {
    await using github = await withRepository()
    for (const appId of [String(github.app.id), github.app.clientId]) {
      const { forge, call } = forgeAt(github, { appId })
      await forge.check(WRITE, call)
      const { clockAhead, ...app } = await forge.whoAmI(call)
      expect(app).toEqual({ name: github.app.slug, warnings: [] })
      // An answer that comes late looks like a clock that is ahead.
      expect(clockAhead).toBeLessThan(60_000)
    }
    expect(github.requests.filter(({ path }) => path === '/api/v3/app').map(({ status }) => status)).toEqual([200, 200])
  })
})

test('who Berth is, and how far its clock is off', async () => {
  await using github = await withRepository()
  github.clockSkew = 500_000
  const ahead = async (at: ForgeAt) => {
    const { name, clockAhead } = await at.forge.whoAmI(at.call)
    return [name, Math.round((clockAhead ?? 0) / 10_000)]
  }
  expect(await ahead(forgeAt(github))).toEqual([github.app.slug, -50])
  const { value } = github.addPersonalToken({ login: 'ann' })
  expect(await ahead(forgeAt(github, { token: 'env:T', readToken: async () => value }))).toEqual(['ann', -50])
  const workflow = github.addInstallationToken().value
  const nobody = forgeAt(github, { token: 'env:T', readToken: async () => workflow })
  expect(await nobody.forge.whoAmI(nobody.call)).toEqual({ name: null, clockAhead: null })
  const none = forgeAt(github, { token: 'env:T', readToken: async () => 'ghp_none' })
  const error = await refusal(none.forge.whoAmI(none.call))
  expect([error.code, error.message]).toEqual(['forge-denied', 'GitHub does not take the token: Bad credentials'])
})

test.each([
  [{ suspended: true }, /^the App's installation on acme is suspended; an owner ends that/],
  [{ permissions: { contents: 'read' } }, /^the App's installation on acme lacks contents: write; give/],
] as const)('who asks who Berth is hears why nothing could be pushed: %j', async (change, words) => {
  await using github = await withRepository()
  Object.assign(github.installation, change)
  for (const options of [{}, { installationId: github.installation.id }]) {
    const { forge, call } = forgeAt(github, options)
    expect((await forge.whoAmI(call)).warnings).toEqual([expect.stringMatching(words)])
  }
})

test('who asks who Berth is hears that the App is installed nowhere, or not where the settings say', async () => {
  await using github = await withRepository()
  const wrong = forgeAt(github, { installationId: 99 })
  expect(await refusal(wrong.forge.whoAmI(wrong.call))).toMatchObject({ code: 'app-not-installed' })
  github.installations.length = 0
  const { forge, call } = forgeAt(github)
  expect((await forge.whoAmI(call)).warnings).toEqual([expect.stringMatching(/^the App is installed on no account/)])
})

describe('S4-29: each refusal is one error, which says what happened', () => {
  type Case = {
    readonly name: string
    readonly code: BerthError['code']
    readonly words: RegExp
    /** Makes it go wrong. */
    readonly make: (github: GitHub) => Parameters<typeof forgeAt>[1] | undefined
    readonly asked?: typeof READ | typeof WRITE
  }
  const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs1',
    format: 'pem',
  })
  const nothing = () => undefined
  const fault =
    (status: number, message: string, times = 9) =>
    (github: GitHub) => {
      github.failNext({ status, message, times })
      return undefined
    }
  const cases: readonly Case[] = [
    {
      name: 'a wrong id',
      code: 'app-unknown',
      words: /does not know the App 12 by this key: .* answered 404: Integration not found/,
      make: () => ({ appId: '12' }),
    },
    {
      name: "another App's key",
      code: 'app-unknown',
      words: /by this key: .* answered 401: A JSON web token could not be decoded/,
      make: () => ({ readKey: async () => String(otherKey) }),
    },
    {
      name: 'a clock that is behind',
      code: 'app-clock',
      words: /is (3599|3600|3601) s behind the clock of GitHub: .* answered 401: 'Expiration time'/,
      make: (github) => {
        github.clockSkew = 3_600_000
        return undefined
      },
    },
    {
      name: 'a clock that is ahead',
      code: 'app-clock',
      words: /is (119|120|121) s ahead of the clock of GitHub: .* answered 401: 'Expiration time' .* too far/,
      make: (github) => {
        github.clockSkew = -120_000
        return undefined
      },
    },
    {
      name: 'not installed on the account',
      code: 'app-not-installed',
      words: /App 4711 is not installed for acme\/app, or there is no such repository: GitHub answered 404: Not Found/,
      make: (github) => {
        github.installations.splice(0)
        return undefined
      },
    },
    {
      name: 'not installed for the repository',
      code: 'app-not-installed',
      words: /is not installed for acme\/app/,
      make: (github) => {
        github.installation.repositories = []
        return undefined
      },
    },
    {
      name: 'a wrong installation',
      code: 'app-not-installed',
      words: /App 4711 has no installation 99: GitHub answered 404/,
      make: () => ({ installationId: 99 }),
    },
    {
      name: 'suspended',
      code: 'app-suspended',
      words: /installation of the App 4711 is suspended: .* answered 403: This installation has been suspended/,
      make: (github) => {
        github.installation.suspended = true
        return undefined
      },
    },
    {
      name: 'a permission that is missing',
      code: 'app-permission',
      words: /^the App 4711 may not have contents: write in acme\/app$/,
      make: (github) => {
        github.installation.permissions = { metadata: 'read', contents: 'read' }
        return undefined
      },
      asked: WRITE,
    },
    { name: '401', code: 'app-unknown', words: /answered 401: Bad credentials/, make: fault(401, 'Bad credentials') },
    { name: '403', code: 'forge-refused', words: /answered 403: No entry/, make: fault(403, 'No entry') },
    { name: '404', code: 'app-not-installed', words: /answered 404: Not Found/, make: fault(404, 'Not Found') },
    { name: '422', code: 'forge-refused', words: /answered 422: Strange/, make: fault(422, 'Strange') },
    { name: '500', code: 'forge-unreachable', words: /answered 500: Oops/, make: fault(500, 'Oops') },
    { name: '503', code: 'forge-unreachable', words: /answered 503: Unicorn/, make: fault(503, 'Unicorn') },
    {
      name: "a proxy's page in place of an answer",
      code: 'forge-refused',
      words: /GitHub answered 407$/,
      make: (github) => {
        github.failNext({ status: 407, body: '<html>no</html>', headers: { 'content-type': 'text/html' } })
        return undefined
      },
    },
    {
      name: 'a connection that is cut',
      code: 'forge-unreachable',
      words: /the connection was cut \(ECONNRESET\)|socket hang up/,
      make: (github) => {
        github.failNext({ end: 'drop', times: 9 })
        return undefined
      },
    },
    {
      name: 'no answer',
      code: 'forge-unreachable',
      words: /asked GitHub for the App's installation for acme\/app: no answer in time/,
      make: (github) => {
        github.failNext({ end: 'hang', times: 9 })
        return { limitMs: 100 }
      },
    },
    {
      name: 'a key that is none',
      code: 'app-key',
      words: /app\.pem\) is empty/,
      make: () => ({ readKey: async () => '' }),
    },
  ]
  test.each(cases)('$name', async ({ code, words, make, asked = READ }) => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github, make(github) ?? nothing())
    const error = await refusal(forge.token(asked, call))
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(words)])
    expect(error.hint.length).toBeGreaterThan(20)
    expect(error.message).not.toMatch(/ghs_|eyJ|BEGIN/)
  })
})

describe('an installation token', () => {
  const at = (start: number, seconds: number) => vi.setSystemTime(start + seconds * 1000)

  test('S4-30: it is taken from memory until five minutes before its real end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    const { value, expiresAt } = await forge.token(READ, call)
    expect(Date.parse(expiresAt ?? '')).toBe(github.tokens[0]?.expiresAt)
    at(start, 54 * 60 + 59)
    expect((await forge.token(READ, call)).value).toBe(value)
    at(start, 55 * 60 + 1)
    expect((await forge.token(READ, call)).value).not.toBe(value)
    expect(minted(github)).toHaveLength(2)
  })

  test('S4-30: of a short life a quarter is the buffer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    await using github = await withRepository()
    github.tokenLife = 100
    const { forge, call } = forgeAt(github)
    await forge.token(READ, call)
    at(start, 74)
    await forge.token(READ, call)
    expect(minted(github)).toHaveLength(1)
    at(start, 76)
    await forge.token(READ, call)
    expect(minted(github)).toHaveLength(2)
  })

  // So far off that an App is still taken, and far enough to see it.
  test.each([500, -20])('S4-30: the end counts by the clock of GitHub, which is %d s ahead', async (skew) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const start = Date.now()
    await using github = await withRepository()
    github.clockSkew = skew * 1000
    github.tokenLife = 20
    const { forge, call } = forgeAt(github)
    await forge.token(READ, call)
    at(start, 13)
    await forge.token(READ, call)
    expect(minted(github)).toHaveLength(1)
    at(start, 17)
    await forge.token(READ, call)
    expect(minted(github)).toHaveLength(2)
  })

  test('S4-31: the value is for git alone: no line of the log has it', async () => {
    await using github = await withRepository()
    const { forge, call, log } = forgeAt(github)
    const token = await forge.token(READ, call)
    expect(token).toEqual({
      value: github.tokens[0]?.value,
      user: 'x-access-token',
      expiresAt: expect.any(String),
      refreshAt: expect.any(String),
    })
    expect(JSON.stringify(log)).not.toContain(token.value)
  })

  test('S4-32: a failure is told to each who waits, and the next one asks again', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    github.installation.suspended = true
    const all = await Promise.all([1, 2, 3].map(() => refusal(forge.token(READ, call))))
    expect(all.map(({ code }) => code)).toEqual(['app-suspended', 'app-suspended', 'app-suspended'])
    expect(minted(github)).toHaveLength(1)
    github.installation.suspended = false
    await forge.token(READ, call)
  })

  test('S4-33: the log has repository, permissions and the end', async () => {
    await using github = await withRepository()
    const { forge, call, log } = forgeAt(github)
    const { expiresAt } = await forge.token(READ, call)
    expect(log).toEqual([{ level: 'info', msg: 'forge token', ...READ, expiresAt }])
  })

  test('S4-34: it has one repository, and the permissions that were asked for and no others', async () => {
    await using github = await startGitHub()
    const { id } = github.addRepository({ name: 'acme/app' })
    github.addRepository({ name: 'acme/other' })
    const { forge, call } = forgeAt(github)
    await forge.token(READ, call)
    await forge.token({ ...WRITE, permissions: { contents: 'write', pullRequests: 'write' } }, call)
    expect(github.tokens.map(({ repositories, permissions }) => ({ repositories, permissions }))).toEqual([
      { repositories: [id], permissions: { metadata: 'read', contents: 'read' } },
      { repositories: [id], permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' } },
    ])
  })

  test('of many who ask at once one asks GitHub, and the end of one ends nothing for the others', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    const leaving = new AbortController()
    const left = forge.token(READ, { ...call, signal: leaving.signal }).catch((error: unknown) => error)
    const all = Promise.all(Array.from({ length: 20 }, () => forge.token(READ, call)))
    leaving.abort(new Error('gone'))
    expect(await left).toEqual(new Error('gone'))
    expect(new Set((await all).map(({ value }) => value)).size).toBe(1)
    expect(minted(github)).toHaveLength(1)
  })

  test.each([
    ['app-suspended', (github: GitHub) => Object.assign(github.installation, { suspended: true })],
    ['app-not-installed', (github: GitHub) => Object.assign(github.installation, { repositories: [] })],
    [
      'app-suspended',
      (github: GitHub) => {
        github.installation.suspended = true
        github.failNext({ on: /repos\/acme\/app$/, status: 403, message: 'This installation has been suspended' })
      },
    ],
  ])('one in memory that reaches its repository no more is asked for anew, which tells why: %s', async (code, end) => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    await forge.check(READ, call)
    end(github)
    expect(await refusal(forge.check(READ, call))).toMatchObject({ code })
    expect(minted(github)).toHaveLength(2)
  })

  test('one that GitHub does not take any more is replaced, once', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    const first = await forge.token(READ, call)
    github.tokens[0] && Object.assign(github.tokens[0], { revoked: true })
    expect((await forge.repository('acme/app', call)).name).toBe('acme/app')
    const second = await forge.token({ ...READ, refused: first.value }, call)
    expect(second.value).not.toBe(first.value)
    expect(minted(github)).toHaveLength(2)
  })
})

describe('a repository', () => {
  test('its default branch, and that it is archived, are told', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    github.addRepository({ name: 'acme/old', defaultBranch: 'trunk', archived: true })
    expect(await forge.repository('acme/old', call)).toEqual({
      name: 'acme/old',
      defaultBranch: 'trunk',
      archived: true,
    })
  })

  test.each([undefined, 8150])(
    'a renamed one is found by its earlier name, and told (installation: %s)',
    async (id) => {
      await using github = await startGitHub()
      github.addRepository({ name: 'acme/new', renamedFrom: 'acme/app', private: true })
      const { forge, call } = forgeAt(github, id === undefined ? {} : { installationId: id })
      expect((await forge.repository('acme/app', call)).name).toBe('acme/new')
      await forge.check(WRITE, call)
    },
  )

  test('what is known already costs no rate limit', async () => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    const first = await forge.repository('acme/app', call)
    expect(await forge.repository('acme/app', call)).toEqual(first)
    const asked = github.requests.filter(({ path }) => path === '/api/v3/repos/acme/app')
    expect(asked.map(({ status }) => status)).toEqual([200, 304])
  })
})

describe('a rate limit', () => {
  const limited = (github: GitHub, headers: Record<string, string>, message = 'API rate limit exceeded', times = 1) =>
    github.failNext({ on: /access_tokens/, status: 403, message, headers, times })
  const resetIn = (seconds: number) => ({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + seconds),
  })
  const waited = ({ pauses }: ForgeAt) => pauses.map((ms) => Math.round(ms / 10_000) * 10)

  test('a short one is waited for, and logged', async () => {
    await using github = await withRepository()
    const at = forgeAt(github)
    limited(github, resetIn(30))
    await at.forge.token(READ, at.call)
    expect(waited(at)).toEqual([30])
    expect(at.log[0]).toMatchObject({ msg: 'forge rate limit' })
  })

  test('a longer one is refused, with its end', async () => {
    await using github = await withRepository()
    const { forge, call, pauses } = forgeAt(github)
    limited(github, resetIn(1800))
    const error = await refusal(forge.token(READ, call))
    expect([error.code, pauses]).toEqual(['forge-rate-limit', []])
    expect(error.message).toMatch(/rate limit is used up until 20\d\d-.*Z, in (30m|29m59s)$/)
  })

  test.each(['9'.repeat(30), '9'.repeat(400)])('a time beyond all bounds is one, too: %s', async (seconds) => {
    await using github = await withRepository()
    const { forge, call } = forgeAt(github)
    limited(github, { 'retry-after': seconds })
    const error = await refusal(forge.token(READ, call))
    expect(error.code).toBe('forge-rate-limit')
    expect(error.message).toMatch(/rate limit is used up until 20\d\d-.*Z, in (365d|364d23h59m59s)$/)
  })

  test('a secondary one is waited for as long as it says, and not for ever', async () => {
    await using github = await withRepository()
    const at = forgeAt(github)
    limited(github, { 'retry-after': '20' }, 'You have exceeded a secondary rate limit', 9)
    const error = await refusal(at.forge.token(READ, at.call))
    expect([error.code, waited(at)]).toEqual(['forge-rate-limit', [20, 20, 20]])
  })

  test('one that names no time is a minute', async () => {
    await using github = await withRepository()
    const at = forgeAt(github)
    limited(github, {}, 'You have exceeded a secondary rate limit. Please wait a few minutes')
    await at.forge.token(READ, at.call)
    expect(waited(at)).toEqual([60])
  })
})

describe('a server that is broken for a moment', () => {
  test.each([{ status: 502 }, { end: 'drop' } as const, { end: 'lose-answer' } as const])(
    '%j is asked again',
    async (how) => {
      await using github = await withRepository()
      const at = forgeAt(github)
      github.failNext({ ...how, on: /access_tokens/, times: 2 })
      await at.forge.token(READ, at.call)
      expect(at.pauses).toEqual([300, 1000])
    },
  )
})

describe("a person's token", () => {
  test('it is read anew for each call, in the environment of the caller, and its end is not known', async () => {
    await using github = await withRepository()
    const { value } = github.addPersonalToken()
    const seen: unknown[] = []
    const { forge, call, log } = forgeAt(github, {
      token: 'env:GITHUB_TOKEN',
      readToken: async (reference, { callerEnv }) => {
        seen.push(reference, callerEnv)
        return value
      },
    })
    const own = { ...call, callerEnv: { GITHUB_TOKEN: value } }
    expect(await forge.token(WRITE, own)).toEqual({
      value,
      user: 'x-access-token',
      expiresAt: null,
      refreshAt: null,
    })
    await forge.check(WRITE, own)
    expect(seen.slice(0, 2)).toEqual(['env:GITHUB_TOKEN', own.callerEnv])
    expect(log).toEqual([])
  })

  test.each([
    ['one that does not exist', 'ghp_none', /the token does not reach acme\/app: GitHub answered 401: Bad credentials/],
    ['one that reads nothing', undefined, /the token may not write to acme\/app/],
  ])('%s is refused before a task exists', async (_, value, words) => {
    await using github = await withRepository()
    const token = value ?? github.addPersonalToken({ permissions: { contents: 'read' } }).value
    const { forge, call } = forgeAt(github, { token: 'env:X', readToken: async () => token })
    const error = await refusal(forge.check(WRITE, call))
    expect([error.code, error.message]).toEqual(['forge-denied', expect.stringMatching(words)])
  })
})
