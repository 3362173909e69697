import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Asking, askGitHub, jwt } from '../fixtures/github/ask-github.ts'
import { secondaryLimit } from '../fixtures/github/rate-limits.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'

const tokenOf = async (github: GitHub, body: object = {}) => {
  const path = `/app/installations/${github.installation.id}/access_tokens`
  return askGitHub(github, { method: 'POST', path, bearer: jwt(github), body })
}

const message = async (github: GitHub, asking: Asking) => {
  const { status, body } = await askGitHub(github, asking)
  return [status, body.message]
}

describe('an App at the scripted GitHub', () => {
  test('its JWT must be signed, its own and within the bounds of the clock', async () => {
    await using github = await startGitHub()
    const asked = (bearer: string) => message(github, { path: '/app', bearer })
    expect(await asked(jwt(github))).toEqual([200, undefined])
    expect(await asked(jwt(github, { iss: github.app.clientId }))).toEqual([200, undefined])
    const { id } = github.app
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const otherKey = { app: { ...github.app, privateKey } }
    expect(await asked(jwt(otherKey))).toEqual([401, 'A JSON web token could not be decoded'])
    expect(await asked('no.jwt')).toEqual([401, 'A JSON web token could not be decoded'])
    expect(await asked(jwt(github, { iss: id + 1 }))).toEqual([404, 'Integration not found'])
    expect(await asked(jwt(github, { exp: 601 }))).toEqual([
      401,
      "'Expiration time' claim ('exp') is too far in the future",
    ])
    expect((await asked(jwt(github, { exp: -1 })))[1]).toContain('must be a numeric value representing the future time')
    expect((await asked(jwt(github, { iat: 30 })))[1]).toContain("'Issued at' claim ('iat') must be an Integer")
  })

  test('a clock ahead must refuse good JWTs, and show itself in the Date header', async () => {
    await using github = await startGitHub()
    github.clockSkew = 3_600_000
    const { status, headers } = await askGitHub(github, { path: '/app', bearer: jwt(github) })
    expect(status).toBe(401)
    expect(Date.parse(headers.date ?? '')).toBeGreaterThan(Date.now() + 3_500_000)
    expect((await askGitHub(github, { path: '/app', bearer: jwt(github, { now: 3600 }) })).status).toBe(200)
  })

  test('the installation must be found by repository', async () => {
    await using github = await startGitHub()
    github.addRepository({ name: 'acme/app' })
    github.addRepository({ name: 'other/app' })
    const asked = (path: string) => askGitHub(github, { path, bearer: jwt(github) })
    expect((await asked('/repos/acme/app/installation')).body.id).toBe(github.installation.id)
    expect((await asked('/repos/other/app/installation')).status).toBe(404)
    expect((await asked('/app/installations')).body).toHaveLength(1)
  })
})

describe('a token of the scripted GitHub', () => {
  test('it must be refused for what the installation lacks, and while it is suspended', async () => {
    await using github = await startGitHub({ permissions: { metadata: 'read', contents: 'read' } })
    github.addRepository({ name: 'acme/app' })
    expect((await tokenOf(github, { repositories: ['app'], permissions: { contents: 'read' } })).status).toBe(201)
    const wide = await tokenOf(github, { permissions: { contents: 'write' } })
    expect([wide.status, wide.body.message]).toEqual([
      422,
      'The permissions requested are not granted to this installation.',
    ])
    const strange = await tokenOf(github, { repositories: ['none'] })
    expect([strange.status, strange.body.message]).toEqual([
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    ])
    github.installation.suspended = true
    const suspended = await tokenOf(github)
    expect([suspended.status, suspended.body.message]).toEqual([403, 'This installation has been suspended'])
  })

  test('it must reach its repositories alone, until it expires', async () => {
    await using github = await startGitHub()
    github.addRepository({ name: 'acme/app' })
    github.addRepository({ name: 'acme/secret' })
    const { body } = await tokenOf(github, { repositories: ['app'], permissions: { contents: 'read' } })
    const asked = (path: string) => message(github, { path, bearer: body.token })
    expect(body.permissions).toEqual({ contents: 'read', metadata: 'read' })
    expect(await asked('/repos/acme/app')).toEqual([200, undefined])
    expect(await asked('/repos/acme/secret')).toEqual([404, 'Not Found'])
    github.clockSkew = 3_601_000
    expect(await asked('/repos/acme/app')).toEqual([401, 'Bad credentials'])
    expect(github.liveTokens).toEqual([])
  })
})

describe('a repository of the scripted GitHub', () => {
  test('one that was renamed must redirect, and an archived one say so', async () => {
    await using github = await startGitHub()
    const { id } = github.addRepository({ name: 'acme/app', renamedFrom: 'acme/old', archived: true })
    const { body } = await tokenOf(github)
    const moved = await askGitHub(github, { path: '/repos/acme/old', bearer: body.token })
    expect([moved.status, moved.headers.location]).toEqual([301, `${github.apiUrl}/repositories/${id}`])
    const found = await askGitHub(github, { path: `/repositories/${id}`, bearer: body.token })
    expect(found.body).toMatchObject({ full_name: 'acme/app', archived: true, default_branch: 'main' })
  })

  test('the same answer again must be 304', async () => {
    await using github = await startGitHub()
    github.addRepository({ name: 'acme/app', private: false })
    const first = await askGitHub(github, { path: '/repos/acme/app' })
    const headers = { 'if-none-match': String(first.headers.etag) }
    expect((await askGitHub(github, { path: '/repos/acme/app', headers })).status).toBe(304)
  })
})

describe('a fault of the scripted GitHub', () => {
  test('it must be of the requests that it names, as often as it says', async () => {
    await using github = await startGitHub()
    github.failNext({ on: /^GET \/api\/v3\/app$/, status: 502, message: 'Server Error', times: 2 })
    const asked = () => message(github, { path: '/app', bearer: jwt(github) })
    expect((await askGitHub(github, { path: '/nothing' })).status).toBe(404)
    expect([await asked(), await asked(), await asked()]).toEqual([
      [502, 'Server Error'],
      [502, 'Server Error'],
      [200, undefined],
    ])
    github.failNext({ end: 'drop' })
    await expect(asked()).rejects.toThrow('socket hang up')
    expect(github.requests.map(({ status }) => status)).toEqual([404, 502, 502, 200, undefined])
  })
})

describe('limits of the scripted GitHub', () => {
  test('the requests of an hour must be counted, and refused when none is left', async () => {
    await using github = await startGitHub()
    github.addRepository({ name: 'acme/app' })
    const { value: bearer } = github.addInstallationToken()
    const asked = (more: object = {}) => askGitHub(github, { path: '/repos/acme/app', bearer, ...more })
    const first = await asked()
    expect(first.headers['x-ratelimit-remaining']).toBe('4999')
    // an answer that is known costs nothing
    await asked({ headers: { 'if-none-match': String(first.headers.etag) } })
    const { body } = await askGitHub(github, { path: '/rate_limit', bearer })
    expect(body.resources.core).toMatchObject({ limit: 5000, remaining: 4999, used: 1 })
    github.limitRate({ limit: 1, resetIn: 100, status: 429 })
    expect((await asked()).status).toBe(200)
    const refused = await asked()
    expect([refused.status, refused.headers['x-ratelimit-remaining'], refused.body.message]).toEqual([
      429,
      '0',
      expect.stringContaining('API rate limit exceeded for installation ID 8150.'),
    ])
    github.clockSkew = 101_000
    expect((await asked()).status).toBe(200)
  })

  test('the secondary limit must say when to come again', async () => {
    await using github = await startGitHub()
    github.failNext(secondaryLimit(7))
    const { status, headers, body } = await askGitHub(github, { path: '/app', bearer: jwt(github) })
    expect([status, headers['retry-after']]).toEqual([403, '7'])
    expect(body.message).toContain('You have exceeded a secondary rate limit.')
  })

  test('a version of the API that does not exist must be refused', async () => {
    await using github = await startGitHub()
    const asked = async (version: string) =>
      (await askGitHub(github, { path: '/app', bearer: jwt(github), headers: { 'x-github-api-version': version } }))
        .status
    expect([await asked('2022-11-28'), await asked('2026-03-10'), await asked('2020-01-01')]).toEqual([200, 200, 400])
  })
})
