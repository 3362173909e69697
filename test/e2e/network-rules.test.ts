import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RulesAnswer } from '../../src/api/answers.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const FILES = {
  'package-lock.json': '{}',
  '.berth/config.toml': 'deny = ["bad.example"]\nallow = ["pypi", "npm"]\n',
}
const WISH =
  '.berth/config.toml of the repository wishes to reach pypi, which Berth does not grant by itself; to allow it: --allow pypi'

describe.each(anyEngine())('rules on the network, on $name', ({ flag }) => {
  const place = temporaryFolder('berth-rules-')
  const bare = place.at('project.git')
  let b: Berth
  let remote: HttpRemote

  beforeAll(async () => {
    b = berth()
    remote = await startHttpRemote({ bare: makeBare(bare, FILES) })
  })
  afterAll(async () => {
    await b.close()
    await remote.close()
    place[Symbol.dispose]()
  })

  const start = (...args: readonly string[]) =>
    b.run(['start', '--engine', flag, '--agent', 'noop', '--repo', remote.url, '--branch', 'main', ...args, 'x'])
  const done = async (...args: readonly string[]) => {
    const ran = await start(...args)
    expect(ran.code, ran.stderr).toBe(0)
    const id = ran.stdout.trim()
    await b.run(['wait', id])
    return { id, ...ran }
  }
  const rulesOf = async (id: string) => {
    const { network, rules } = await b.json<RulesAnswer>(['net', 'rules', id])
    expect(network).toBe('none')
    return rules.map(({ effect, host, origin }) => `${effect} ${host} ${origin}`)
  }
  /** Commits to the remote, as somebody else would. */
  const change = (files: Readonly<Record<string, string>>) => {
    const work = `${bare}.work`
    commitFiles(work, files, 'change')
    git(work, ['push', '--quiet', '--force', bare, 'HEAD:main'])
  }

  test("a repository's file must only take away, and its wishes must be shown once", async () => {
    writeFileSync(join(b.home, 'config.toml'), 'deny = ["worse.example"]\n')
    // Nobody has fetched it: the launch reads the file, and the task's log tells of it.
    const first = await done('--allow', 'npm', '--allow', 'example.org:8443')
    expect(first.stderr).toBe('')
    const notices = (await b.events(first.id)).flatMap((event) => (event.type === 'notice' ? [event.text] : []))
    expect(notices).toEqual([WISH])
    const expected = [
      'allow 127.0.0.1 provider',
      'deny worse.example configuration',
      'deny bad.example project',
      'allow registry.npmjs.org flag',
      'allow registry.yarnpkg.com flag',
      'allow registry.npmjs.org flag',
      'allow nodejs.org flag',
      'allow example.org flag',
    ]
    expect(new Set(await rulesOf(first.id))).toEqual(new Set(expected))
    expect((await b.run(['status', first.id])).stdout).toMatch(/^allowed +npm, example\.org:8443$/m)
    // The mirror has it now: it is said at once, and stands in the plan.
    const second = await done('--allow', 'npm')
    expect(second.stderr).toBe(`berth: warning: ${WISH}\n`)
    expect(await rulesOf(second.id)).toContain('deny bad.example project')
    const dry = await b.run([
      'run',
      '--engine',
      flag,
      '--agent',
      'noop',
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--dry-run',
      'x',
    ])
    expect(dry.stdout).toContain('deny      bad.example (project)')
    expect(dry.stdout).toContain('to allow it: --allow pypi --allow npm')
    // A further turn says nothing again, and the deny holds on.
    await b.run(['send', '--follow', second.id, 'more'])
    expect(await rulesOf(second.id)).toContain('deny bad.example project')
    expect((await b.status(second.id)).warnings).toEqual([WISH])
    const listed = await b.run(['net', 'rules', second.id])
    expect(listed.stdout).toMatch(/^deny +bad\.example +bad\.example +project$/m)
    expect(listed.stdout).toMatch(/^allow +registry\.npmjs\.org inspect GET HEAD +npm +flag$/m)
  })

  test('a file that sets more than it may must refuse the task, with file and line', async () => {
    change({ '.berth/config.toml': '# ours\npolicy = "open"\n' })
    // The mirror lacks the commit: the turn fails before a container has begun.
    const failed = await done()
    const { state, reason } = await b.status(failed.id)
    const words = '.berth/config.toml:2: a repository may not set "policy"'
    expect({ state, reason }).toMatchObject({ state: 'failed', reason: expect.stringContaining(words) })
    expect((await b.events(failed.id)).map(({ type }) => type)).not.toContain('agent.started')
    // Now the mirror has it: nothing is created.
    const before = (await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length
    const refused = await start()
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(words) })
    expect((await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(before)
  })

  test('a repository that is not allowed must leave nothing, and its remote must hear nothing', async () => {
    change(FILES)
    const config = join(b.home, 'config.toml')
    const folders = () => readdirSync(join(b.home, 'tasks')).toSorted()
    const { host } = new URL(remote.url)
    writeFileSync(config, `allowed-repositories = ["${host}/acme/*", "github.com"]\n`)
    // A container has a task's folder and stands in the list; other tests have containers of their own.
    const made = async () => [folders(), (await b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length]
    const before = await made()
    const asked = remote.state.requests.length
    const spelled = remote.url.replace('http://', 'http://ada@').replace('.git', '.git/')
    for (const url of [remote.url, spelled, `file://${bare}`, bare]) {
      const ran = await b.run(['start', '--engine', flag, '--agent', 'noop', '--repo', url, '--branch', 'main', 'x'])
      expect(ran, ran.stderr).toMatchObject({ code: 2, stdout: '' })
      expect(ran.stderr).toMatch(/^berth: --repo .*: allowed-repositories does not list it; it lists .*\n .*\n$/)
    }
    expect(remote.state.requests).toHaveLength(asked)
    expect(await made()).toEqual(before)
    writeFileSync(config, `allowed-repositories = ["${host}/*"]\nallowed-hosts = ["npm"]\n`)
    const { id } = await done('--allow', 'npm')
    const beyond = await start('--allow', 'example.org')
    expect(beyond).toMatchObject({ code: 2, stderr: expect.stringContaining('allowed-hosts lists npm') })
    const live = await b.run(['allow', id, 'example.org'])
    expect(live).toMatchObject({ code: 2, stderr: expect.stringContaining('allowed-hosts lists npm') })
    // Forbidden since: a further turn does not begin.
    writeFileSync(config, 'allowed-repositories = ["github.com/acme/*"]\n')
    const more = await b.run(['send', '--follow', id, 'more'])
    expect(more.stderr).toContain('allowed-repositories does not list it')
    expect(more.code).not.toBe(0)
  })
})
