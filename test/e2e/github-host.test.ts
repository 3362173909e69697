import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { runSteps } from '../fixtures/run-steps.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(anyEngine())('a repository on GitHub, with an App, on $name', ({ flag }) => {
  let shop: Workshop
  let github: GitHub
  beforeAll(async () => {
    github = await startGitHub()
    shop = await workshop(flag)
    appendFileSync(join(shop.b.home, 'config.toml'), appConfig(github))
  })
  afterAll(async () => {
    await shop.close()
    await github[Symbol.asyncDispose]()
  })

  test('a private repository must be cloned and pushed with tokens of the App', async () => {
    const repository = github.addRepository({ name: 'acme/app' })
    const ran = await shop.job({ args: ['--repo', 'acme/app', '--branch', 'main'], shell: 'echo one > one.txt' })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(git(repository.bare, ['show', `berth/${ran.id}:one.txt`])).toBe('one')
    const record = await shop.b.status(ran.id)
    expect(record).toMatchObject({ state: 'done', repository: { url: repository.url, branch: 'main' } })
    const events = await shop.b.events(ran.id)
    expect(ofType(events, 'forge.token')).toMatchObject([
      { repository: 'acme/app', permissions: { contents: 'read' }, expiresAt: expect.any(String) },
      { repository: 'acme/app', permissions: { contents: 'write' }, expiresAt: expect.any(String) },
    ])
    expect(runSteps(events)).toEqual(['create', 'inject', 'token', 'clone', 'start'])
    const journal = JSON.stringify(events)
    const log = readFileSync(join(shop.b.home, 'supervisor.log'), 'utf8')
    expect(github.tokens.length).toBeGreaterThanOrEqual(2)
    for (const { value } of github.tokens) expect(journal + log).not.toContain(value)
  })

  const plan = (...args: readonly string[]) =>
    shop.b.run(['run', '--dry-run', '--engine', flag, '--base-url', shop.model.url, ...args, 'do the work'])

  test('github.default-branch must look the branch of owner/name up, which is refused without', async () => {
    github.addRepository({ name: 'acme/trunk', defaultBranch: 'trunk' })
    const refused = await plan('--repo', 'acme/trunk')
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('owner/name needs a --branch') })
    expect(await shop.b.run(['config', 'set', 'github.default-branch', 'true'])).toMatchObject({ code: 0 })
    const planned = await plan('--repo', 'acme/trunk')
    expect(planned, planned.stderr).toMatchObject({ code: 0 })
    expect(planned.stdout).toMatch(/source +https:.*\/acme\/trunk\.git refs\/heads\/trunk .*Berth's own credentials/)
    expect(planned.stdout).toMatch(/token +after prompt: git asks .* with a token for acme\/trunk/)
  })

  test('a renamed repository must be worked on by its new name, and said', async () => {
    const { bare, url } = github.addRepository({ name: 'acme/site', renamedFrom: 'acme/page' })
    const args = ['--repo', 'acme/page', '--branch', 'main']
    const ran = await shop.job({ args, shell: 'echo two > two.txt' })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(await shop.b.status(ran.id)).toMatchObject({ repository: { url } })
    expect(git(bare, ['show', `berth/${ran.id}:two.txt`])).toBe('two')
    expect(ran.stdout).toContain('acme/page is called acme/site now')
  })

  test('what the App cannot do must be refused before a task exists', async () => {
    const before = (await shop.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length
    const archived = github.addRepository({ name: 'acme/old', archived: true })
    github.addRepository({ name: 'other/app' })
    const of = (repo: string, ...more: readonly string[]) => plan('--repo', repo, '--branch', 'main', ...more)
    expect((await of(archived.fullName)).stderr).toContain('acme/old is archived')
    expect((await of('other/app')).stderr).toMatch(/the App \d+ is not installed for other\/app/)
    expect(await of(archived.fullName, '--push', 'none')).toMatchObject({ code: 0 })
    const { permissions } = github.installation
    Object.assign(github.installation, { permissions: { metadata: 'read', contents: 'read' } })
    github.addRepository({ name: 'acme/lacking' })
    expect((await of('acme/lacking')).stderr).toContain('may not have contents: write in acme/lacking')
    Object.assign(github.installation, { permissions })
    expect((await shop.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(before)
  })

  /** A task whose supervisor is killed just before the push, and a command of somebody who has none of its secrets. */
  const killedBeforePush = async (config: string, env: Readonly<Record<string, string>> = {}) => {
    const repository = github.addRepository({ name: `acme/killed-${github.requests.length}` })
    const own = await workshop(flag)
    appendFileSync(join(own.b.home, 'config.toml'), config)
    own.model.load({ key: KEY, steps: [{ shell: 'echo three > three.txt' }] })
    const args = ['--repo', repository.fullName, '--branch', 'main', '--base-url', own.model.url, '--engine', flag]
    const started = await own.b.run(['start', ...args, 'go'], { env: { ...env, BERTH_FAULT: 'push.before:1' } })
    const id = started.stdout.trim()
    await own.b.until(id, (event) => event.type === 'turn.phase' && event.phase === 'publishing')
    await waitFor(() => existsSync(join(own.b.home, 'fault')), 'the death of the supervisor')
    await own.b.run(['ls'], { env: { OPENAI_API_KEY: '' } })
    return { b: own.b, id, repository, [Symbol.asyncDispose]: own.close }
  }

  test('a push after a killed supervisor must need nobody', async () => {
    await using killed = await killedBeforePush(appConfig(github))
    const { b, id, repository } = killed
    await b.until(id, ({ type }) => type === 'turn.ended')
    expect(await b.status(id)).toMatchObject({ state: 'done', pushed: { branch: `berth/${id}` } })
    expect(git(repository.bare, ['show', `berth/${id}:three.txt`])).toBe('three')
    expect(ofType(await b.events(id), 'turn.blocked')).toEqual([])
  })

  test.runIf(TEST_ALL)(
    'a push that lost a race must be rebased on what others pushed, and a further turn pushed',
    async () => {
      const { bare, fullName } = github.addRepository({ name: 'acme/busy' })
      let theirs = ''
      const ran = await shop.job({
        args: ['--repo', fullName, '--branch', 'main', '--push-to', 'main'],
        shell: 'echo ours > ours.txt',
        during: () => {
          theirs = commitFiles(`${bare}.work`, { 'theirs.txt': 'theirs' }, 'theirs')
          git(`${bare}.work`, ['push', '--quiet', bare, 'HEAD:main'])
        },
      })
      expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
      expect(git(bare, ['rev-parse', 'main~1'])).toBe(theirs)
      shop.model.load({ key: KEY, steps: [{ shell: 'echo more > more.txt' }] })
      expect(await shop.b.run(['send', '-f', ran.id, 'more'])).toMatchObject({ code: 0 })
      expect(git(bare, ['show', 'main:more.txt'])).toBe('more')
    },
  )

  test.runIf(TEST_ALL)("a push whose token stood in a shell must wait for that shell's next command", async () => {
    const { value } = github.addPersonalToken()
    const config = `ca-file = "${github.caFile}"\n[github]\ntoken = "env:GITHUB_TOKEN"\napi-url = "${github.apiUrl}"\n`
    await using killed = await killedBeforePush(config, { GITHUB_TOKEN: value })
    const { b, id, repository } = killed
    await b.until(id, ({ type }) => type === 'turn.blocked')
    expect(await b.run(['wait', id], { env: { GITHUB_TOKEN: value } })).toMatchObject({ code: 0 })
    expect(git(repository.bare, ['show', `berth/${id}:three.txt`])).toBe('three')
    expect(JSON.stringify(await b.events(id))).not.toContain(value)
  })
})
