import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { sshKey } from '../fixtures/remotes/signing-keys.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(anyEngine())('signed commits on $name', ({ flag }) => {
  let shop: Workshop
  let remote: Remote
  let folder: ReturnType<typeof temporaryFolder>
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())
  beforeEach(async () => {
    remote = await startFileRemote()
    folder = temporaryFolder()
  })
  afterEach(async () => {
    await remote.close()
    folder[Symbol.dispose]()
  })

  const meanwhile = (bare: string) => {
    const other = folder.at('other')
    git('/', ['clone', '--quiet', bare, other])
    commitFiles(other, { 'other.txt': 'other\n' }, 'meanwhile')
    git(other, ['push', '--quiet', 'origin', 'main'])
  }

  test.runIf(TEST_ALL)('a forge must sign what is rebased after a lost race, and name its author once', async () => {
    await using github = await startGitHub()
    const { bare, url } = github.addRepository({ name: 'acme/app' })
    const config = join(shop.b.home, 'config.toml')
    const before = existsSync(config) ? readFileSync(config) : ''
    appendFileSync(config, appConfig(github))
    const ran = await shop.job({
      args: ['--repo', url, '--push-to', 'main', '--sign', 'api', '--author', 'Grace <grace@example.org>'],
      shell: 'echo one > one.txt; git add .; git commit -qm one; echo two > two.txt',
      during: () => meanwhile(bare),
    })
    expect(ran).toMatchObject({ code: 0 })
    const format = '--format=%an|%cn|%s|%(trailers:unfold,separator=|)'
    expect(git(bare, ['log', format, 'main~2..main']).split('\n')).toEqual([
      `berth-worker[bot]|GitHub|do the work|Berth-Task: ${ran.id}|Co-authored-by: Grace <grace@example.org>`,
      'berth-worker[bot]|GitHub|one|Co-authored-by: Grace <grace@example.org>',
    ])
    expect(git(bare, ['log', '-1', '--format=%s', 'main~2'])).toBe('meanwhile')
    expect(git(bare, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main')
    expect(git(join(shop.b.home, 'tasks', ran.id, 'workspace'), ['-c', 'safe.directory=*', 'rev-parse', 'HEAD'])).toBe(
      git(bare, ['rev-parse', 'main']),
    )
    writeFileSync(config, before)
  })

  test('what is pushed must be signed and authored as asked, after a lost race and in a further turn too', async () => {
    const key = sshKey(folder.path)
    const signed = ['--sign', `ssh:${key.path}`, '--author', 'Grace <grace@example.org>']
    const ran = await shop.job({
      args: ['--repo', remote.url, '--push-to', 'main', ...signed, '--co-author', 'Lin <lin@example.org>'],
      shell: 'echo one > one.txt; git add .; git commit -qm one; echo two > two.txt',
      during: () => meanwhile(remote.bare),
    })
    expect(ran).toMatchObject({ code: 0 })
    const log = (format: string, range: string) => git(remote.bare, ['log', `--format=${format}`, range]).split('\n')
    expect(log('%s|%an|%ae|%cn', 'main')).toEqual([
      'do the work|Grace|grace@example.org|Ada',
      'one|Grace|grace@example.org|Ada',
      'meanwhile|Test|test@example.invalid|Test',
      'first|Test|test@example.invalid|Test',
    ])
    expect(log('%(trailers:unfold,separator=|)', 'main~2..main')).toEqual([
      `Berth-Task: ${ran.id}|Co-authored-by: Lin <lin@example.org>`,
      'Co-authored-by: Lin <lin@example.org>',
    ])
    const head = git(remote.bare, ['rev-parse', 'main'])
    expect(await shop.b.status(ran.id)).toMatchObject({ state: 'done', head, pushed: { branch: 'main', sha: head } })
    const publish = join(shop.b.home, 'tasks', ran.id, 'publish.git')
    expect(git(publish, ['rev-parse', 'refs/berth/take/head'])).toBe(head)

    shop.model.load({
      key: KEY,
      steps: [{ text: 'more', shell: 'git log --format=%H -1; echo 3 > 3; git add .; git commit -qm three' }],
    })
    expect((await shop.b.run(['send', ran.id, 'more'])).stderr).toBe('')
    expect(await shop.b.run(['wait', ran.id])).toMatchObject({ code: 0 })
    // The workspace had followed, so nothing is made again that was pushed.
    expect(git(remote.bare, ['rev-parse', 'main~1'])).toBe(head)
    const allowed = folder.at('allowed')
    writeFileSync(allowed, `ada@example.org ${key.public}\n`)
    for (const sha of ['main', 'main~1', 'main~2'])
      git(remote.bare, ['-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', sha])
    // Whoever takes the work from Berth gets the same commits.
    const clone = folder.at('clone')
    git('/', ['clone', '--quiet', remote.bare, clone])
    expect(await shop.b.run(['checkout', ran.id], { cwd: clone })).toMatchObject({ code: 0 })
    expect(git(clone, ['rev-parse', 'HEAD'])).toBe(git(remote.bare, ['rev-parse', 'main']))
    const events = await shop.b.events(ran.id)
    expect(ofType(events, 'work.amended').map(({ signed }) => signed)).toEqual(['ssh', 'ssh', 'ssh'])
    const secret = readFileSync(key.path, 'utf8').split('\n')[1] as string
    expect(JSON.stringify(events)).not.toContain(secret)
  })
})
