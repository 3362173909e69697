import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { pushWork } from '../../src/app/delivery/push-work.ts'
import type { Deps } from '../../src/app/deps.ts'
import { liveTask } from '../../src/app/task/live-task.ts'
import { NO_COMPANY } from '../../src/domain/company-network.ts'
import type { EventBody } from '../../src/domain/event.ts'
import type { Outcome } from '../../src/domain/outcome.ts'
import type { Signing } from '../../src/domain/signing.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { hostGit } from '../../src/git/host-git.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { armFaultPoint } from '../../src/std/fault-point.ts'
import { openJournal } from '../../src/store/journal.ts'
import type { Store } from '../../src/store/store.ts'
import { TEST_ALL } from '../fixtures/engines.ts'
import { forgeAt } from '../fixtures/github/forge-at.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import type { BranchRule } from '../fixtures/github/world.ts'
import { firstEvents } from '../fixtures/random-events.ts'
import { git } from '../fixtures/remotes/git.ts'
import { bundleWork, cloneWork } from '../fixtures/remotes/make-bundle.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { sshKey } from '../fixtures/remotes/signing-keys.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ASKPASS = join(import.meta.dirname, '../../bin/git-askpass')
const ID = 't-01k3fz8e4m7qk2c9xe'
const STAGED = `refs/berth/sign/${ID}`
const COMMITTER = 'test@example.invalid'
const done: Outcome = { result: 'done', class: 'ok', reason: '', exitCode: 0 }
const LIN = { name: 'Lin', email: 'lin@example.org' }

let open = new AsyncDisposableStack()
afterEach(async () => {
  armFaultPoint(undefined, '')
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

type Options = { readonly rules?: readonly BranchRule[]; readonly token?: string; readonly key?: string }

/** A task whose turn is done, with two commits, and a scripted GitHub that it is pushed to. */
const bench = async ({ rules = [], token, key = '' }: Options = {}) => {
  const github = open.use(await startGitHub())
  const { bare, url } = github.addRepository({ name: 'acme/app', rules })
  const folder = open.use(temporaryFolder())
  mkdirSync(folder.at('runtime'))
  const { forge } = forgeAt(github, token === undefined ? {} : { token })
  const forges = { of: () => forge, host: github.host }
  const company = () => ({ ...NO_COMPANY, caFile: github.caFile })
  const access = { of: () => forge, askpass: ASKPASS, tokens: folder.at('git-tokens') }
  const berth = hostGit({ runtimeDir: folder.at('runtime'), company, forges: access })
  const base = git(bare, ['rev-parse', 'main'])
  const mirror = (await berth.mirror({ mirrorsDir: folder.at('mirrors'), url, sha: base, pin: 'p', callerEnv: {} }))
    .path
  const work = cloneWork(mirror, folder.at('work'), base)
  const publish = folder.at('publish.git')
  const take = async () => {
    const bundle = bundleWork(work, ['HEAD'])
    const taken = await berth.take({ bundle, publish, mirror, base, maxBytes: 10e6 })
    return { head: taken.head ?? '', commits: taken.commits }
  }

  const openLive = () => {
    const journal = openJournal(folder.at('events.jsonl'))
    open.defer(() => journal.close())
    const store = { put: () => {} } as unknown as Store
    const rest = {
      onChange: () => {},
      onRecord: () => {},
      hooks: { states: () => new Set<never>(), due: () => {} },
      claims: () => true,
    }
    return liveTask({ id: ID, folder: folder.path, journal, store, record: undefined, ...rest })
  }
  let live = openLive()
  const [first] = firstEvents as [Extract<EventBody, { type: 'task.created' }>]
  const { title: _title, ...request } = first.task.request
  const pushBranch = `berth/${ID}`
  live.append(
    {
      type: 'task.created',
      task: {
        ...{ ...first.task, id: ID, request },
        source: { kind: 'clone', url, ref: null, base, branch: 'main', pushBranch },
      },
    },
    { type: 'turn.queued', turn: 1, promptBytes: 1, prompt: 'x' },
    { type: 'turn.started', turn: 1, attempt: 1, container: 'c' },
  )
  live.provide({ callerEnv: {}, key: null, env: {} })
  /** The agent's commits are taken, as at a turn's end. */
  const kept = async () => {
    const { head, commits } = await take()
    const more = { branches: [], uncommitted: [], committed: false, wip: null }
    live.append({ type: 'work.kept', turn: 1, head, base, commits, ...more })
    return head
  }
  const push = async (
    sign: Signing | null,
    more: { readonly branch?: string; readonly coAuthors?: readonly (typeof LIN)[]; readonly inside?: boolean } = {},
  ) => {
    const { branch = pushBranch, coAuthors = [], inside = false } = more
    const mode = branch === pushBranch ? 'lease' : 'fast-forward'
    const source = { kind: 'clone', url, ref: null, sha: base, branch: 'main', mirror }
    const plan = {
      ...{ task: ID, turn: 1, attempt: 1, source, amendment: { coAuthors, sign } },
      ...(inside && { tokenInside: { host: github.host, repository: 'acme/app', permissions: { contents: 'write' } } }),
      folders: { publish, workspace: folder.at('none') },
      order: { finish: null, identity: { name: 'Test', email: COMMITTER } },
    } as unknown as Plan
    const secretText = async () => key
    const installation = { folders: { state: folder.path } }
    const deps = { git: berth, forges, config: { secretText }, installation } as unknown as Deps
    const delivery = { kind: 'push', url, branch, mode, expected: null } as const
    const { signal } = new AbortController()
    const context = { deps, live, plan, engine: {} as Engine, signal }
    return await pushWork({ context, outcome: done, sha: live.record.head ?? '', delivery })
  }
  return {
    ...{ github, bare, base, work, publish, folder, berth, take, kept, push, pushBranch },
    get live() {
      return live
    },
    /** Another supervisor takes the task over, and its turn's work once more. */
    restart: async () => {
      live.journal.close()
      await take()
      live = openLive()
    },
    amended: () => [...live.journal.select('work.amended')],
    staged: () => git(bare, ['for-each-ref', '--format=%(refname)', 'refs/berth']),
    commitsMade: () => github.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/git/commits')),
  }
}

const twoCommits = (folder: string) => {
  commitFiles(folder, { 'a.txt': '1\n' }, 'one')
  commitFiles(folder, { 'b.txt': '2\n' }, 'two\n\nbody')
}
const POINTS = [
  ...['amend.before', 'amend.given', 'amend.one', 'amend.brought', 'amend.made', 'amend.told'],
  ...['push.before', 'push.after'],
]
const FEW: ReadonlySet<string> = new Set(['amend.given', 'amend.one', 'amend.brought', 'amend.told'])
const trailersOf = (by: 'none' | 'trailers' | 'forge') =>
  ({ none: '', trailers: `Lin <${LIN.email}>`, forge: `Test <${COMMITTER}>` })[by]
const NEEDS_SIGNATURES: BranchRule = { branches: ['*'], by: 'ruleset', needs: 'signatures' }

describe('by the API of the forge', () => {
  test('commits are made by the App, which signs them, and name their author', async () => {
    const { bare, base, work, kept, push, pushBranch, live, amended, staged, publish } = await bench({
      rules: [NEEDS_SIGNATURES],
    })
    twoCommits(work.folder)
    const before = await kept()
    expect(await push({ kind: 'api' }, { coAuthors: [LIN] })).toMatchObject({
      class: 'ok',
      reason: `pushed ${pushBranch}`,
    })
    const head = git(bare, ['rev-parse', pushBranch])
    expect(live.record).toMatchObject({ head, pushed: { sha: head } })
    expect(amended()).toMatchObject([{ before, head, signed: 'api' }])
    expect(git(bare, ['log', '--format=%an|%cn|%s|%T', `${base}..${head}`]).replaceAll(/[\w-]+\[bot\]/g, 'bot')).toBe(
      git(publish, ['log', '--format=bot|GitHub|%s|%T', `${base}..${before}`]),
    )
    expect(git(bare, ['log', '-1', '--format=%B', head])).toBe(
      `two\n\nbody\n\nCo-authored-by: Test <${COMMITTER}>\nCo-authored-by: Lin <${LIN.email}>`,
    )
    expect(staged()).toBe('')
    expect(git(publish, ['rev-parse', 'refs/berth/take/head'])).toBe(head)
    expect(git(publish, ['fsck', '--strict', '--no-dangling'])).toBe('')
  })

  test('merges keep their parents', async () => {
    const { bare, base, work, kept, push, pushBranch } = await bench()
    commitFiles(work.folder, { 'a.txt': '1\n' }, 'one')
    git(work.folder, ['checkout', '-q', '-b', 'side', work.base])
    commitFiles(work.folder, { 'b.txt': '2\n' }, 'two')
    git(work.folder, ['checkout', '-q', 'berth/t-1'])
    git(work.folder, ['merge', '-q', '--no-ff', '-m', 'both', 'side'])
    await kept()
    expect(await push({ kind: 'api' })).toMatchObject({ class: 'ok' })
    expect(git(bare, ['log', '--format=%s', '--first-parent', `${base}..${pushBranch}`])).toBe('both\none')
    expect(git(bare, ['log', '-1', '--format=%s', `${pushBranch}^2`])).toBe('two')
  })

  test.each(POINTS.filter((point) => TEST_ALL || FEW.has(point)))(
    'a supervisor that ends at %s: the next one pushes signed commits once, and leaves no ref',
    async (point) => {
      const all = await bench({ rules: [NEEDS_SIGNATURES] })
      twoCommits(all.work.folder)
      await all.kept()
      armFaultPoint(`${point}:1:throw`, all.folder.at('fault'))
      await expect(all.push({ kind: 'api' })).rejects.toThrow('an injected fault')
      // Killed, it leaves what an error would have removed.
      if (point === 'amend.one') git(all.bare, ['update-ref', STAGED, 'main'])
      await all.restart()
      expect(await all.push({ kind: 'api' })).toMatchObject({ class: 'ok' })
      expect(all.live.callerContext).toBeNull()
      const head = git(all.bare, ['rev-parse', all.pushBranch])
      expect(all.live.record).toMatchObject({ head, pushed: { sha: head } })
      expect(all.amended()).toHaveLength(1)
      expect(git(all.bare, ['log', '--format=%s', `${all.base}..${head}`])).toBe('two\none')
      expect(all.staged()).toBe('')
      // What was made and brought is not made once more.
      const most = ['amend.one', 'amend.brought'].includes(point) ? 4 : 2
      expect(all.commitsMade().length).toBeLessThanOrEqual(most)
    },
  )

  test('what the forge does not take is told in its words, and the work stays as it was', async () => {
    const { github, work, kept, push, live, staged, amended } = await bench()
    twoCommits(work.folder)
    const before = await kept()
    github.failNext({ on: /^POST .*\/git\/commits$/, status: 422, message: 'Validation Failed' })
    const failed = await push({ kind: 'api' })
    expect(failed).toMatchObject({ class: 'push', result: 'failed' })
    expect(failed.reason).toMatch(/the commits could not be signed: asked GitHub to make a commit: .*Validation Failed/)
    expect(live.record.head).toBe(before)
    expect(staged()).toBe('')
    expect(amended()).toEqual([])
    expect(await push({ kind: 'api' })).toMatchObject({ class: 'ok' })
  })
})

describe('an agent with a token that pushed the branch of its task itself', () => {
  const byAgent = ({ work, bare, pushBranch }: Awaited<ReturnType<typeof bench>>, what: string) =>
    git(work.folder, ['push', '--quiet', '--force', bare, `${what}:refs/heads/${pushBranch}`])
  const committers = { none: 'Test\nTest', trailers: 'Test\nTest', forge: 'GitHub\nGitHub' }

  test.each<[keyof typeof committers, Signing | null, readonly (typeof LIN)[]]>([
    ['none', null, []],
    ['trailers', null, [LIN]],
    ['forge', { kind: 'api' }, []],
  ])('Berth goes on from all of it, and from a part of it: amended by %s', async (by, sign, coAuthors) => {
    for (const what of ['HEAD', 'HEAD~1']) {
      const all = await bench()
      twoCommits(all.work.folder)
      byAgent(all, what)
      await all.kept()
      const done = await all.push(sign, { coAuthors, inside: true })
      expect(done, done.reason).toMatchObject({ class: 'ok', reason: `pushed ${all.pushBranch}` })
      const head = git(all.bare, ['rev-parse', all.pushBranch])
      expect(all.live.record).toMatchObject({ head, pushed: { sha: head } })
      const log = (format: string) => git(all.bare, ['log', `--format=${format}`, `${all.base}..${head}`])
      expect(log('%s|%(trailers:key=Co-authored-by,valueonly,separator=)')).toBe(
        ['two', 'one'].map((subject) => `${subject}|${trailersOf(by)}`).join('\n'),
      )
      expect(log('%cn')).toBe(committers[by])
    }
  })

  test('what it rewrote after its push, and what somebody else pushed, stays, and is told', async () => {
    const all = await bench()
    twoCommits(all.work.folder)
    byAgent(all, 'HEAD')
    git(all.work.folder, ['commit', '--quiet', '--amend', '-m', 'another'])
    const theirs = git(all.bare, ['rev-parse', all.pushBranch])
    await all.kept()
    const failed = await all.push({ kind: 'api' }, { inside: true })
    expect(failed).toMatchObject({ class: 'push', result: 'failed' })
    expect(failed.reason).toMatch(
      new RegExp(`stale info.*the branch has ${theirs.slice(0, 12)}, which is no part of this work`, 's'),
    )
    expect(git(all.bare, ['rev-parse', all.pushBranch])).toBe(theirs)
  })

  test('commits of others that it fetched from the forge stay as they are', async () => {
    const all = await bench()
    const other = all.folder.at('other')
    git('/', ['clone', '--quiet', all.bare, other])
    const theirs = commitFiles(other, { 'theirs.txt': '1\n' }, 'theirs')
    git(other, ['push', '--quiet', 'origin', 'HEAD:main'])
    commitFiles(all.work.folder, { 'a.txt': '1\n' }, 'one')
    git(all.work.folder, ['fetch', '--quiet', all.bare, 'main'])
    git(all.work.folder, ['merge', '--quiet', '--no-edit', 'FETCH_HEAD'])
    await all.kept()
    const done = await all.push({ kind: 'api' }, { inside: true })
    expect(done, done.reason).toMatchObject({ class: 'ok' })
    expect(git(all.bare, ['rev-parse', `${all.pushBranch}^2`])).toBe(theirs)
    expect(all.commitsMade()).toHaveLength(2)
  })
})

describe('by a key', () => {
  test('a supervisor without a caller waits for one that brings the key, and not for a file', async () => {
    const folder = open.use(temporaryFolder())
    const { path, public: publicKey } = sshKey(folder.path)
    const key = readFileSync(path, 'utf8')
    for (const from of ['file:/key', 'env:KEY']) {
      const all = await bench({ rules: [NEEDS_SIGNATURES], key })
      all.github.addSigningKey({ format: 'ssh', publicKey, emails: [COMMITTER] })
      twoCommits(all.work.folder)
      await all.kept()
      await all.restart()
      const pushing = all.push({ kind: 'ssh', key: from })
      if (from !== 'file:/key') {
        await expect.poll(() => all.live.record.state).toBe('blocked')
        expect(all.live.record.reason).toMatch(/^the signature needs your key, which was lost with the supervisor/)
        all.live.provide({ callerEnv: { KEY: key }, key: null, env: {} })
      }
      expect(await pushing).toMatchObject({ class: 'ok' })
      expect(all.live.record.state).toBe('running')
    }
  })

  test('a missing key fails the push and keeps the work, and a later push signs it', async () => {
    const all = await bench({ key: '' })
    twoCommits(all.work.folder)
    const before = await all.kept()
    const failed = await all.push({ kind: 'ssh', key: 'file:/key' })
    expect(failed).toMatchObject({ class: 'push', result: 'failed' })
    expect(failed.reason).toContain('refused: the commits could not be signed: the ssh key is not a private key')
    expect(all.live.record.head).toBe(before)
    expect(() => git(all.bare, ['rev-parse', '--verify', '--quiet', all.pushBranch])).toThrow()
  })
})

describe('the rules of branches are told in the forge’s own words', () => {
  test.each<[string, BranchRule, RegExp]>([
    ['a ruleset that wants signatures', NEEDS_SIGNATURES, /GH013: .*Commits must have verified signatures.*--sign/s],
    [
      'a protection that wants signatures',
      { ...NEEDS_SIGNATURES, by: 'protection' },
      /GH006: .*verified signatures.*--sign/s,
    ],
    [
      'a branch for pull requests',
      { ...NEEDS_SIGNATURES, needs: 'pull-request' },
      /GH013: .*through a pull request.*--pr/s,
    ],
  ])('%s', async (_, rule, words) => {
    const all = await bench({ rules: [rule] })
    twoCommits(all.work.folder)
    await all.kept()
    const failed = await all.push(null, { branch: 'main' })
    expect(failed).toMatchObject({ class: 'push', result: 'failed' })
    expect(failed.reason).toMatch(words)
    expect(git(all.bare, ['rev-parse', 'main'])).toBe(all.base)
  })

  test('a workflow file', async () => {
    const all = await bench()
    mkdirSync(join(all.work.folder, '.github/workflows'), { recursive: true })
    writeFileSync(join(all.work.folder, '.github/workflows/ci.yml'), 'on: push\n')
    git(all.work.folder, ['add', '.'])
    git(all.work.folder, ['commit', '-qm', 'ci'])
    await all.kept()
    for (const sign of [null, { kind: 'api' } as const]) {
      const { reason } = await all.push(sign)
      expect(reason).toMatch(
        /may not have workflows: write in acme\/app, and .* says: .*refusing to allow a GitHub App .*Give the App this permission/s,
      )
    }
    expect(all.staged()).toBe('')
  })
})
