import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EXIT } from '../../src/domain/errors.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'

type Doctor = { readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[] }

const otherKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const ecKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }).toString()

describe.each(anyEngine().slice(0, 1))('the credentials of a GitHub, on $name', ({ flag }) => {
  let b: Berth
  let github: GitHub
  let key: string
  beforeAll(async () => {
    b = berth()
    github = await startGitHub()
    github.addRepository({ name: 'acme/app' })
    key = join(b.home, 'app.pem')
  })
  afterAll(async () => {
    await b.close()
    await github[Symbol.asyncDispose]()
  })

  /** The App as it should be. */
  const heal = () => {
    writeFileSync(key, github.app.privateKey, { mode: 0o600 })
    chmodSync(key, 0o600)
    writeFileSync(join(b.home, 'config.toml'), appConfig(github).replace(github.app.privateKeyFile, key))
    github.installation.suspended = false
    github.installation.permissions = github.app.permissions
    github.installation.repositories = null
    github.clockSkew = 0
  }
  beforeEach(heal)
  const change = (from: string | RegExp, to: string) => {
    const path = join(b.home, 'config.toml')
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  }
  const asToken = (reference: string) => change(/app-id.*\nprivate-key.*\n/, `token = "${reference}"\n`)

  type Case = {
    readonly code: string
    readonly name: string
    readonly exit: keyof typeof EXIT
    readonly says: string
    readonly make: () => void
    readonly repo?: string
    readonly env?: Readonly<Record<string, string>>
  }
  const cases: readonly Case[] = [
    {
      code: 'app-key',
      name: 'another type of key',
      exit: 'auth',
      says: 'app.pem) is an EC key: GitHub signs with RSA',
      make: () => writeFileSync(key, ecKey()),
    },
    {
      code: 'app-key',
      name: 'no key',
      exit: 'auth',
      says: 'cannot be read: ENOENT',
      make: () => change('app.pem', 'none.pem'),
    },
    {
      code: 'app-unknown',
      name: "another App's key",
      exit: 'auth',
      says: 'GitHub does not know the App 4711 by this key',
      make: () => writeFileSync(key, otherKey()),
    },
    {
      code: 'app-clock',
      name: 'a wrong clock',
      exit: 'auth',
      says: 'behind the clock of GitHub',
      make: () => {
        github.clockSkew = 3_600_000
      },
    },
    {
      code: 'app-not-installed',
      name: 'no installation',
      exit: 'auth',
      says: 'is not installed for other/app',
      make: () => undefined,
      repo: 'other/app',
    },
    {
      code: 'app-suspended',
      name: 'a suspended installation',
      exit: 'auth',
      says: 'is suspended',
      make: () => {
        github.installation.suspended = true
      },
    },
    {
      code: 'app-permission',
      name: 'a missing permission',
      exit: 'auth',
      says: 'may not have contents: write in acme/app',
      make: () => {
        github.installation.permissions = { metadata: 'read', contents: 'read' }
      },
    },
    {
      code: 'forge-denied',
      name: 'a token that is none',
      exit: 'auth',
      says: 'the token does not reach acme/app: GitHub answered 401: Bad credentials',
      make: () => asToken('env:GITHUB_TOKEN'),
      env: { GITHUB_TOKEN: 'ghp_canary' },
    },
    {
      code: 'no-credentials',
      name: 'a command that gives no token',
      exit: 'auth',
      says: 'command:false gave no key',
      make: () => asToken('command:false auth token'),
    },
    {
      code: 'forge-rate-limit',
      name: 'a used-up limit',
      exit: 'engine',
      says: "GitHub's rate limit is used up until",
      make: () => github.failNext({ status: 429, headers: { 'retry-after': '900' } }),
    },
    {
      code: 'forge-refused',
      name: 'a refusal',
      exit: 'failed',
      says: 'GitHub answered 403: No entry',
      make: () => github.failNext({ status: 403, message: 'No entry' }),
    },
    {
      code: 'forge-unreachable',
      name: 'nobody there',
      exit: 'engine',
      says: 'nothing listens there (ECONNREFUSED)',
      make: () => change(/api-url.*/, 'api-url = "https://127.0.0.1:1/api/v3"'),
    },
    {
      code: 'repository-archived',
      name: 'an archived repository',
      exit: 'usage',
      says: 'acme/old is archived',
      make: () => void github.addRepository({ name: 'acme/old', archived: true }),
      repo: 'acme/old',
    },
    {
      code: 'config-invalid',
      name: 'an App and a token',
      exit: 'usage',
      says: '[github] sets both an App and a token',
      make: () => change('[github]', '[github]\ntoken = "env:GITHUB_TOKEN"'),
    },
  ]
  test.each(cases)('$code must be refused before a task exists: $name', async ({ make, code, exit, says, ...rest }) => {
    make()
    const args = ['--engine', flag, '--agent', 'noop', '--repo', rest.repo ?? 'acme/app', '--branch', 'main']
    const ran = await b.run(['start', ...args, '--json', 'work'], { env: rest.env ?? {} })
    expect(ran.code, ran.stdout + ran.stderr).toBe(EXIT[exit])
    const { error } = JSON.parse(ran.stdout || ran.stderr) as { error: { code: string; message: string; hint: string } }
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) })
    expect(error.hint.length).toBeGreaterThan(20)
    expect(ran.stdout + ran.stderr).not.toMatch(/canary|ghs_|eyJ|BEGIN/)
    const tasks = join(b.home, 'tasks')
    expect(existsSync(tasks) ? readdirSync(tasks) : []).toEqual([])
  })

  const rows = async (env: Readonly<Record<string, string>> = {}) => {
    const ran = await b.run(['doctor', '--json'], { env })
    expect(ran.stderr).toBe('')
    const { checks } = JSON.parse(ran.stdout) as Doctor
    return checks.filter(({ name }) => name.startsWith('GitHub') || name === 'clock')
  }

  test('doctor must say who Berth is, and nothing where nothing is set', async () => {
    const detail = `App berth-worker (4711) at ${github.host}`
    expect(await rows()).toEqual([{ name: 'GitHub', ok: true, detail, fix: null }])
    const { value } = github.addPersonalToken({ login: 'ann' })
    asToken('env:GITHUB_TOKEN')
    expect((await rows({ GITHUB_TOKEN: value }))[0]?.detail).toBe(
      `token of ann at ${github.host}, from env:GITHUB_TOKEN`,
    )
    writeFileSync(join(b.home, 'config.toml'), '')
    expect(await rows()).toEqual([])
  })

  test('doctor must warn of a key that others can read, of a clock, and fail for an App that is unknown', async () => {
    chmodSync(key, 0o644)
    github.clockSkew = 300_000
    expect(await rows()).toMatchObject([
      { name: 'GitHub', ok: true },
      { name: 'GitHub key', ok: false, detail: expect.stringContaining(`chmod 600 ${key}`) },
      { name: 'clock', ok: false, detail: expect.stringMatching(/is (4m59s|5m) behind the clock of GitHub/) },
    ])
    github.installation.suspended = true
    const suspended = { name: 'GitHub App', ok: false, detail: expect.stringContaining('on acme is suspended') }
    expect((await rows()).at(-1)).toMatchObject(suspended)
    github.installation.suspended = false
    const { value } = github.addPersonalToken()
    change('app-id = 4711', 'app-id = 12')
    const ran = await b.run(['doctor'])
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining('no  GitHub: GitHub does not know the App 12')])
    expect(ran.stdout).not.toContain(value)
  })

  test('a key that others can read must be warned of where a task is made', async () => {
    chmodSync(key, 0o640)
    const args = ['--engine', flag, '--agent', 'noop', '--repo', 'acme/app', '--branch', 'main']
    const { code, stdout, stderr } = await b.run(['run', '--dry-run', ...args, 'work'])
    expect(code, stderr).toBe(0)
    expect(stdout + stderr).toContain(`others can read the private key of the GitHub App: ${key} has the mode 640`)
  })

  test('a supervisor that a person starts must say at once that GitHub does not take the key', async () => {
    const own = berth()
    try {
      writeFileSync(key, otherKey())
      writeFileSync(join(own.home, 'config.toml'), readFileSync(join(b.home, 'config.toml')))
      const serving = own.begin(['serve'])
      let said = ''
      serving.child.stderr?.on('data', (text) => {
        said += text
      })
      await expect.poll(() => said).toContain('berth: warning: GitHub: GitHub does not know the App 4711 by this key')
      serving.child.kill()
      await serving.over
    } finally {
      await own.close()
    }
  })

  test('the list of tasks must load nothing of it', async () => {
    const dist = join(import.meta.dirname, '../../dist')
    const loaded = readFileSync(join(dist, 'cli-main.cjs'), 'utf8')
    expect(existsSync(join(dist, 'octokit.js'))).toBe(true)
    expect(loaded).not.toContain('universal-github-app-jwt')
    writeFileSync(key, '')
    expect((await b.run(['ls'])).code).toBe(0)
  })
})
