import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import type { Event } from '../../src/domain/event.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { moveAtPush } from '../fixtures/remotes/remote-hooks.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

/** A commit on a branch of the bare repository, made by somebody else. */
const move = (bare: string, files: Readonly<Record<string, string>>, branch = 'main') => {
  using folder = temporaryFolder()
  git('/', ['clone', '--quiet', '--branch', branch, bare, folder.at('w')])
  const sha = commitFiles(folder.at('w'), files, 'meanwhile')
  git(folder.at('w'), ['push', '--quiet', 'origin', branch])
  return sha
}

const subjects = (bare: string, range: string) => git(bare, ['log', '--format=%s', range]).split('\n')
const merges = (bare: string, range: string) => git(bare, ['rev-list', '--min-parents=2', '--count', range])
const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(anyEngine())('a push that lost a race, on $name', ({ flag, kind, endpoint, name }) => {
  let shop: Workshop
  let remote: Remote
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(() => shop.close())
  beforeEach(async () => {
    remote = await startFileRemote()
  })
  afterEach(() => remote.close())
  const args = (...more: readonly string[]) => ['--repo', remote.url, '--branch', 'main', '--push-to', 'main', ...more]
  const leftOver = async (id: string) => {
    const engine = engineAt(kind, endpoint)
    return await engine.list({ [LABEL.task]: id })
  }

  test('the work is rebased in a sandbox and pushed: both sides are there, in a line', async () => {
    let theirs = ''
    const ran = await shop.job({
      args: args(),
      shell: 'echo one > one.txt; git add .; git commit -qm one; echo two > two.txt; git branch side',
      during: () => {
        theirs = move(remote.bare, { 'other.txt': 'other\n' })
      },
    })
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.stdout).toMatch(/main has moved to .* \(try 1 of 3\)/)
    expect(ran.stdout).toMatch(/rebased 2 commits onto/)
    expect(subjects(remote.bare, `${theirs}..main`)).toEqual(['do the work', 'one'])
    expect(merges(remote.bare, 'main')).toBe('0')
    expect(git(remote.bare, ['merge-base', theirs, 'main'])).toBe(theirs)
    const trailer = ['log', '-1', '--format=%an|%cn|%(trailers:key=Berth-Task,valueonly)', 'main']
    expect(git(remote.bare, trailer)).toBe(`Ada|Ada|${ran.id}`)
    await shop.b.until(ran.id, ({ type }) => type === 'container.removed')
    const record = await shop.b.status(ran.id)
    const head = git(remote.bare, ['rev-parse', 'main'])
    expect(record).toMatchObject({ state: 'done', head, wip: head, clean: true, pushed: { branch: 'main', sha: head } })
    expect(record.repository.base).toBe(theirs)
    expect(record.commits.map(({ subject }) => subject)).toEqual(['do the work', 'one'])
    const events = await shop.b.events(ran.id)
    expect(ofType(events, 'push.raced')).toMatchObject([{ branch: 'main', theirs, attempt: 1, most: 3 }])
    expect(ofType(events, 'work.rebased')).toMatchObject([{ onto: theirs, head }])
    expect(ofType(events, 'work.pushed')).toHaveLength(1)
    const diff = (await shop.b.run(['diff', ran.id])).stdout
    expect(diff).toMatch(/\+one[\s\S]*\+two/)
    expect(diff).not.toContain('other')
    const publish = join(shop.b.home, 'tasks', ran.id, 'publish.git')
    expect(git(publish, ['rev-parse', 'refs/berth/take/heads/side'])).toMatch(/^[0-9a-f]{40}$/)
    expect(await leftOver(ran.id)).toEqual([])
  })

  test('a further turn goes on from what was rebased and pushed, with the uncommitted files in place', async () => {
    const ran = await shop.job({
      args: args('--uncommitted', 'keep'),
      shell: 'echo one > one.txt; git add .; git commit -qm one; echo kept > kept.txt; echo mine >> README.md',
      during: () => void move(remote.bare, { 'other.txt': 'other\n', 'README.md': '# Hello\n' }),
    })
    expect(ran).toMatchObject({ code: 0 })
    const head = git(remote.bare, ['rev-parse', 'main'])
    const workspace = join(shop.b.home, 'tasks', ran.id, 'workspace')
    expect(readFileSync(join(workspace, '.git/refs/heads/main'), 'utf8')).toBe(`${head}\n`)
    const shell = 'git status --short; git log --format=%s; ls; echo two > two.txt; git add two.txt; git commit -qm two'
    shop.model.load({ key: KEY, steps: [{ text: 'more', shell }] })
    expect((await shop.b.run(['send', ran.id, 'more'])).stderr).toBe('')
    expect(await shop.b.run(['wait', ran.id])).toMatchObject({ code: 0 })
    expect(subjects(remote.bare, 'main')).toEqual(['two', 'one', 'meanwhile', 'first'])
    const events = await shop.b.events(ran.id)
    expect(ofType(events, 'push.raced')).toHaveLength(1)
    expect(ofType(events, 'workspace.moved')).toMatchObject([{ head }])
    const said = JSON.stringify(events.filter((event) => 'turn' in event && event.turn === 2))
    expect(said).toContain(' M README.md\\n?? kept.txt\\none\\nmeanwhile\\nfirst\\n')
    expect(said).toContain('other.txt')
    expect(readFileSync(join(workspace, 'kept.txt'), 'utf8')).toBe('kept\n')
    expect((await shop.b.status(ran.id)).commits.map(({ subject }) => subject)).toEqual(['two', 'one'])
  })

  test('five tasks at once on one branch all land, in a line', async () => {
    const before = git(remote.bare, ['rev-parse', 'main'])
    const start = async (n: number) => {
      const agent = ['--agent', 'noop', '--provider-arg', `commit=made-${n}.txt`]
      const ran = await shop.b.run(['start', '--engine', flag, ...agent, ...args(), `task ${n}`])
      expect(ran.stderr).toBe('')
      return ran.stdout.trim()
    }
    const ids = await Promise.all([1, 2, 3, 4, 5].map(start))
    expect(await shop.b.run(['wait', ...ids])).toMatchObject({ code: 0 })
    expect(subjects(remote.bare, `${before}..main`).sort()).toEqual([1, 2, 3, 4, 5].map((n) => `task ${n}`))
    expect(merges(remote.bare, 'main')).toBe('0')
    expect(git(remote.bare, ['ls-tree', '--name-only', 'main']).split('\n')).toEqual(
      expect.arrayContaining([1, 2, 3, 4, 5].map((n) => `made-${n}.txt`)) as string[],
    )
    for (const id of ids) expect(ofType(await shop.b.events(id), 'work.pushed')).toHaveLength(1)
  })

  if (name !== 'docker') return

  test('both changed the same lines: nothing is pushed, both sides are named, the work stays as it was', async () => {
    let theirs = ''
    const ran = await shop.job({
      args: args(),
      shell: 'echo ours > README.md',
      during: () => {
        theirs = move(remote.bare, { 'README.md': 'theirs\n' })
      },
    })
    expect(ran).toMatchObject({ code: 7 })
    const record = await shop.b.status(ran.id)
    expect(record).toMatchObject({ state: 'failed', outcome: { class: 'push' }, pushed: null })
    expect(record.reason).toContain(theirs.slice(0, 12))
    expect(record.reason).toContain((record.head ?? '').slice(0, 12))
    expect(record.reason).toContain('conflict in README.md')
    const [failed] = ofType(await shop.b.events(ran.id), 'push.failed')
    expect(failed).toMatchObject({ ours: record.head, theirs, conflicts: ['README.md'] })
    expect(git(remote.bare, ['rev-parse', 'main'])).toBe(theirs)
    const workspace = join(shop.b.home, 'tasks', ran.id, 'workspace')
    expect(readFileSync(join(workspace, '.git/HEAD'), 'utf8')).not.toContain(theirs)
    expect(readFileSync(join(workspace, 'README.md'), 'utf8')).toBe('ours\n')
    const again = await shop.b.run(['push', ran.id])
    expect(again).toMatchObject({ code: 7 })
    expect(again.stderr).toContain('conflict in README.md')
    expect(await shop.b.status(ran.id)).toMatchObject({ state: 'failed', clean: true })
    expect(await leftOver(ran.id)).toEqual([])

    // They take it back: the push by hand rebases too.
    const back = move(remote.bare, { 'README.md': '# Hello\n' })
    expect(await shop.b.run(['push', ran.id])).toMatchObject({ code: 0, stderr: '' })
    expect(git(remote.bare, ['rev-parse', 'main~1'])).toBe(back)
    expect(git(remote.bare, ['show', 'main:README.md'])).toBe('ours')
    expect(await shop.b.status(ran.id)).toMatchObject({ state: 'done', clean: true, pushError: null })
    expect(await leftOver(ran.id)).toEqual([])
  })

  test('it moves at each push: tried as often as asked, then failed with the work kept', async () => {
    const hook = moveAtPush(remote.bare, 'main', 100)
    const ran = await shop.job({ args: args('--push-retries', '2'), shell: 'echo made > made.txt' })
    expect(ran).toMatchObject({ code: 7 })
    expect(ofType(await shop.b.events(ran.id), 'push.raced').map(({ attempt }) => attempt)).toEqual([1, 2])
    const record = await shop.b.status(ran.id)
    expect(record.reason).toMatch(/moved again at each of 2 tries \(our [0-9a-f]{12}, their [0-9a-f]{12}\)/)
    expect(record.reason).toContain(git(remote.bare, ['rev-parse', 'main']).slice(0, 12))
    expect(git(remote.bare, ['ls-tree', '--name-only', 'main'])).not.toContain('made.txt')
    expect((await shop.b.run(['diff', ran.id])).stdout).toContain('+made')
    hook.remove()
    expect(await shop.b.run(['push', ran.id])).toMatchObject({ code: 0 })
    expect(git(remote.bare, ['show', 'main:made.txt'])).toBe('made')
    expect(merges(remote.bare, 'main')).toBe('0')
  })

  test('--push-retries 0 only says so; a branch of the task that somebody else moved is never rebased over', async () => {
    const late = (branch: string) => ({
      shell: 'echo made > made.txt',
      during: () => void move(remote.bare, { 'other.txt': 'other\n' }, branch),
    })
    const never = await shop.job({ args: args('--push-retries', '0'), ...late('main') })
    expect(never).toMatchObject({ code: 7 })
    expect((await shop.b.status(never.id)).reason).toMatch(
      /--push-retries 0 .*\(our [0-9a-f]{12}, their [0-9a-f]{12}\)/,
    )
    const own = await shop.job({ args: ['--repo', remote.url, '--branch', 'main'], shell: 'echo made > made.txt' })
    expect(own).toMatchObject({ code: 0 })
    const theirs = move(remote.bare, { 'x.txt': 'x\n' }, `berth/${own.id}`)
    shop.model.load({ steps: [{ text: 'more', shell: 'echo more > more.txt' }] })
    await shop.b.run(['send', own.id, 'more'])
    expect(await shop.b.run(['wait', own.id])).toMatchObject({ code: 7 })
    expect((await shop.b.status(own.id)).reason).toContain('stale info')
    expect(git(remote.bare, ['rev-parse', `berth/${own.id}`])).toBe(theirs)
    for (const id of [never.id, own.id]) expect(ofType(await shop.b.events(id), 'push.raced')).toEqual([])
  })

  test('over http and ssh, with the credentials of the caller', async () => {
    const http = await startHttpRemote({ bare: remote.bare, login: { user: 'ada', password: 'horse-battery' } })
    const ssh = await startSshRemote({ bare: remote.bare })
    try {
      for (const [name, { url, callerEnv }] of Object.entries({ http, ssh })) {
        const theirs = { [`theirs-${name}.txt`]: 'x\n' }
        const ran = await shop.job({
          args: ['--repo', url, '--branch', 'main', '--push-to', 'main'],
          shell: `echo made > made-${name}.txt`,
          during: () => void move(remote.bare, theirs),
          callerEnv,
        })
        expect(ran, name).toMatchObject({ code: 0 })
        expect(ran.stdout).toContain('try 1 of 3')
        expect(git(remote.bare, ['show', `main:made-${name}.txt`])).toBe('made')
        expect(JSON.stringify(await shop.b.events(ran.id))).not.toContain('horse-battery')
      }
      expect(merges(remote.bare, 'main')).toBe('0')
    } finally {
      await http.close()
      await ssh.close()
    }
  })

  test('a local folder: another branch is rebased onto, the one checked out there is left alone', async () => {
    using folder = temporaryFolder()
    const work = folder.at('project')
    git('/', ['clone', '--quiet', remote.bare, work])
    git(work, ['branch', 'next'])
    const commit = (branch: string, file: string) => {
      git(work, ['checkout', '--quiet', branch])
      commitFiles(work, { [file]: 'x\n' }, `by hand on ${branch}`)
      git(work, ['checkout', '--quiet', 'main'])
    }
    const there = await shop.job({
      args: ['--repo', work, '--push-to', 'next'],
      shell: 'echo made > made.txt',
      during: () => commit('next', 'other.txt'),
    })
    expect(there).toMatchObject({ code: 0 })
    expect(subjects(work, 'main..next')).toEqual(['do the work', 'by hand on next'])
    const asked = await shop.job({ args: ['--repo', work, '--push-to', 'main'], shell: 'echo late > late.txt' })
    expect(asked).toMatchObject({ code: 2, id: '', stderr: expect.stringContaining('has this branch checked out') })
    git(work, ['branch', 'late'])
    const here = await shop.job({
      args: ['--repo', work, '--branch', 'late', '--push-to', 'late'],
      shell: 'echo late > late.txt',
      during: () => {
        git(work, ['checkout', '--quiet', 'late'])
        commitFiles(work, { 'mine.txt': 'x\n' }, 'by hand on late')
      },
    })
    expect(here).toMatchObject({ code: 7 })
    expect((await shop.b.status(here.id)).reason).toContain('checked out')
    expect(subjects(work, 'late')).toEqual(['by hand on late', 'first'])
    expect(subjects(work, 'main')).toEqual(['first'])
    expect(git(work, ['status', '--short'])).toBe('')
  })

  test('uncommitted work that is kept goes along; where it does not fit it stays as it is, and is named', async () => {
    const shell = 'echo one > one.txt; git add .; git commit -qm one; echo kept > kept.txt; echo mine >> README.md'
    const fits = await shop.job({
      args: args('--uncommitted', 'keep'),
      shell,
      during: () => void move(remote.bare, { 'other.txt': 'other\n' }),
    })
    expect(fits).toMatchObject({ code: 0 })
    const record = await shop.b.status(fits.id)
    expect(record.head).toBe(git(remote.bare, ['rev-parse', 'main']))
    const diff = (await shop.b.run(['diff', fits.id])).stdout
    expect(diff).toMatch(/\+mine[\s\S]*\+kept/)
    expect(diff).not.toContain('other')
    expect(git(remote.bare, ['ls-tree', '--name-only', 'main'])).not.toContain('kept.txt')

    const clash = await shop.job({
      args: args('--uncommitted', 'keep'),
      shell: shell.replaceAll('one', 'two'),
      during: () => void move(remote.bare, { 'README.md': 'theirs\n' }),
    })
    expect(clash).toMatchObject({ code: 0 })
    expect(clash.stdout).toContain('uncommitted')
    expect(git(remote.bare, ['show', 'main:two.txt'])).toBe('two')
    expect(await shop.b.status(clash.id)).toMatchObject({ state: 'done', wip: null })
    const kept = join(shop.b.home, 'tasks', clash.id, 'workspace')
    expect(readFileSync(join(kept, 'kept.txt'), 'utf8')).toBe('kept\n')
    expect(readFileSync(join(kept, 'README.md'), 'utf8')).toContain('mine')
  })
})
