import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Ran } from '../fixtures/berth.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { watchProcesses } from '../fixtures/watch-processes.ts'
import { filesHolding, temporaryFolders } from '../fixtures/whole/files-holding.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const TOKEN = 'gh[a-z]_[A-Za-z0-9_.-]{30,}|github_pat_[A-Za-z0-9_]{30,}'
const CANARY = `ghs_${'c'.repeat(36)}`

const secretPattern = (keyLine: string) => new RegExp(`${TOKEN}|${keyLine.replaceAll(/[+/]/g, '\\$&')}`)

/** All that an agent can see of its container, as a file of its work. */
const LOOK_AROUND = [
  "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' > seen.txt",
  '{ env; git config --list; git remote -v; cat .git/config /proc/self/mountinfo; } >> seen.txt 2>/dev/null',
  `grep -rhoE '${TOKEN}|BEGIN RSA' /run /tmp /etc /home /root "$PWD" --exclude=seen.txt >> seen.txt 2>/dev/null`,
  'git add seen.txt; git commit -qm "Look around"',
].join('; ')

/** A process that shows a token, as the watcher must see. */
const canary = (): Disposable => {
  const child = spawn('sleep', ['300'], { env: { PATH: process.env['PATH'], CANARY }, stdio: 'ignore' })
  return { [Symbol.dispose]: () => void child.kill() }
}

type Credentials = {
  readonly name: string
  /** The config file; a token of a person goes into `tokenFile`. */
  readonly config: (github: GitHub, tokenFile: string) => string
}

const CREDENTIALS: readonly Credentials[] = [
  { name: 'an App', config: (github) => appConfig(github) },
  {
    name: 'a token by its reference',
    config: ({ caFile, apiUrl }, tokenFile) =>
      `ca-file = "${caFile}"\n[github]\napi-url = "${apiUrl}"\ntoken = "file:${tokenFile}"\n`,
  },
]

describe.each(anyEngine())('tokens of a forge, on $name', ({ flag }) => {
  let shop: Workshop
  let github: GitHub
  let tokenFile = ''
  beforeEach(async () => {
    github = await startGitHub({ longTokens: true })
    shop = await workshop(flag)
    tokenFile = join(shop.b.folder, 'person')
    writeFileSync(tokenFile, github.addPersonalToken().value, { mode: 0o600 })
  })
  afterEach(async () => {
    await shop.close()
    await github[Symbol.asyncDispose]()
  })

  /** The tokens that were given out, and a line of the App's key. */
  const secrets = () => [...github.tokens.map(({ value }) => value), github.app.privateKey.split('\n')[5] ?? '']

  /** Files of any Berth that have it, but for those that hold it for the test. */
  const left = (secret: string) =>
    filesHolding(secret, temporaryFolders()).filter((path) => path !== tokenFile && path !== github.app.privateKeyFile)

  /** Every command that tells of a task, of its work and of the credentials. */
  const tellAll = async (id: string): Promise<readonly Ran[]> => {
    const commands = [
      ...[
        ['status', id],
        ['status', id, '--json'],
        ['ls', '-a'],
        ['ls', '-a', '--json'],
        ['diff', id],
      ],
      ...[
        ['log', id],
        ['log', '--raw', id],
        ['log', id, '--json'],
        ['pr', id, '--json'],
        ['net', 'rules', id],
      ],
      ...[['doctor'], ['doctor', '--json'], ['config', 'show', '--origin'], ['config', 'show', '--json']],
    ]
    const ran: Ran[] = []
    for (const args of commands) ran.push(await shop.b.run(args))
    return ran
  }
  const saying = (all: readonly Ran[], secret: string) =>
    all.flatMap(({ stdout, stderr }) => (stdout + stderr).split('\n').filter((line) => line.includes(secret)))

  test('inside: the token must be in its folder alone while the agent works, and nowhere after that', async () => {
    writeFileSync(join(shop.b.home, 'config.toml'), appConfig(github))
    const { bare } = github.addRepository({ name: 'acme/app' })
    const keyLine = github.app.privateKey.split('\n')[5] ?? ''
    using watch = await watchProcesses(secretPattern(keyLine))
    const during: { values: readonly string[]; files: readonly string[] } = { values: [], files: [] }
    const args = ['--repo', 'acme/app', '--branch', 'main', '--git-credentials', 'inside']
    const ran = await shop.job({
      args,
      shell: `[ -s /run/secrets/ghapp_token ] && ${LOOK_AROUND.replaceAll('grep -rhoE', 'grep -rlE')}`,
      during: () => {
        during.values = github.liveTokens.map(({ value }) => value)
        during.files = during.values.flatMap((value) => filesHolding(value, temporaryFolders()))
      },
    })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const seen = git(bare, ['show', `berth/${ran.id}:seen.txt`])
    expect(seen.match(/^\/(run|tmp|etc|home|root|work).*(token|hosts\.yml)$/gm)?.toSorted()).toEqual([
      '/run/secrets/gh/hosts.yml',
      '/run/secrets/ghapp_token',
    ])
    const files = during.files.filter((path) => path !== tokenFile)
    expect(files.map((path) => path.replace(/^.*\/secrets\/[^/]+\//, '')).toSorted()).toEqual([
      'gh/hosts.yml',
      'ghapp_token',
    ])
    const told = [ran, ...(await tellAll(ran.id))]
    // the search of this test itself has them in its arguments
    const sightings = (await watch.end()).filter(({ program }) => program !== 'grep')
    for (const secret of secrets()) {
      expect(seen).not.toContain(secret)
      expect(saying(told, secret)).toEqual([])
      expect(sightings.filter(({ match }) => secret.includes(match))).toEqual([])
      expect(left(secret)).toEqual([])
    }
  })

  test.each(TEST_ALL ? CREDENTIALS : CREDENTIALS.slice(0, 1))(
    'with $name: no token and no key may be told, kept, or shown by a process',
    async ({ config }) => {
      writeFileSync(join(shop.b.home, 'config.toml'), config(github, tokenFile))
      const { bare } = github.addRepository({ name: 'acme/app' })
      const [keyLine = ''] = secrets().slice(-1)
      using watch = await watchProcesses(secretPattern(keyLine))
      using _ = canary()
      const args = ['--repo', 'acme/app', '--branch', 'main', '--pr']
      const ran = await shop.job({ args, shell: LOOK_AROUND })
      expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
      const seen = git(bare, ['show', `berth/${ran.id}:seen.txt`])
      const told: Ran[] = [ran]
      // the forge itself says a token back, in the API and to git
      github.failNext({ on: /^GET .*\/pulls$/, status: 422, message: 'no', echo: true })
      const refused = [await shop.b.run(['pr', ran.id])]
      github.failNext({ on: /info\/refs$/, status: 403, message: 'no', echo: true, times: 9 })
      refused.push(await shop.b.run(['push', ran.id, '--to', 'other']))
      told.push(...refused, ...(await tellAll(ran.id)))
      const sightings = await watch.end()
      // each of the eyes has been open
      expect(seen).toContain('PATH=')
      expect(sightings).toContainEqual({ program: 'sleep', place: 'environment', match: CANARY })
      const masked = { code: 7, stderr: expect.stringMatching(/no: .*\*\*\*/) }
      expect(refused).toMatchObject([masked, masked])
      const paths = github.requests.map(({ path }) => path)
      for (const secret of secrets()) {
        expect(seen).not.toContain(secret)
        expect(saying(told, secret)).toEqual([])
        expect(paths.filter((path) => path.includes(secret))).toEqual([])
        expect(sightings.filter(({ match }) => secret.includes(match))).toEqual([])
        const files = filesHolding(secret, temporaryFolders())
        expect(files.filter((path) => path !== tokenFile && path !== github.app.privateKeyFile)).toEqual([])
      }
    },
  )
})
