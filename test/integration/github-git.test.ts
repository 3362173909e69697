import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { NO_COMPANY } from '../../src/domain/company-network.ts'
import { BerthError } from '../../src/domain/errors.ts'
import type { OnToken } from '../../src/git/git.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { forgeAt } from '../fixtures/github/forge-at.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ASKPASS = join(import.meta.dirname, '../../bin/git-askpass')

let open = new AsyncDisposableStack()
afterEach(async () => {
  await open.disposeAsync()
  open = new AsyncDisposableStack()
})

/** Berth's git with the App of a scripted GitHub, and one private repository there. */
const setUp = async (allow: (url: string) => void = () => {}) => {
  const github = open.use(await startGitHub({ hostName: 'localhost' }))
  const repository = github.addRepository({ name: 'acme/app' })
  const { bare, url } = repository
  const folder = open.use(temporaryFolder())
  const { forge } = forgeAt(github)
  const access = { of: () => forge, askpass: ASKPASS, tokens: folder.at('git-tokens'), allow }
  const berth = hostGit({ company: () => ({ ...NO_COMPANY, caFile: github.caFile }), forges: access })
  const sha = git(bare, ['rev-parse', 'main'])
  const fetch = async (onToken: OnToken = () => {}) => {
    const asked = { mirrorsDir: folder.at('mirrors'), url, sha, pin: 'p', callerEnv: {}, onToken }
    return (await berth.mirror(asked)).path
  }
  /** Work that waits to be pushed. */
  const work = async (files: Readonly<Record<string, string>> = {}) => {
    const mirror = await fetch()
    const cloned = cloneWork(mirror, folder.at('work'), sha)
    if (Object.keys(files).length > 0) commitFiles(cloned.folder, files, 'more files')
    const { bundle, head } = commitAndBundle(cloned)
    const publish = folder.at('publish.git')
    await berth.take({ bundle, publish, mirror, base: sha, maxBytes: 1e6 })
    const input = {
      publish,
      url,
      sha: head,
      branch: 'berth/t-1',
      mode: 'lease',
      expected: null,
      callerEnv: {},
    } as const
    return { head, push: () => berth.push(input) }
  }
  return { github, forge, repository, bare, url, berth, sha, fetch, work }
}

test.each([
  ['a user', (url: string) => url.replace('https://', 'https://ada@')],
  [
    'another spelling',
    (url: string) => url.replace('https://localhost', 'HTTPS://LocalHost').replace('acme/app.git', 'acme/app/'),
  ],
])('asks the forge for a URL with %s', async (_, spelled) => {
  const { berth, url, sha } = await setUp()
  expect(await berth.resolve(spelled(url), 'main', {})).toMatchObject({ sha })
})

test('reads with a token that may read this repository, and pushes with one that may write it', async () => {
  const { github, berth, url, sha, bare, work } = await setUp()
  expect(await berth.resolve(url, 'main', {})).toMatchObject({ sha, branch: 'main' })
  const { head, push } = await work()
  expect(github.tokens.map(({ permissions }) => permissions['contents'])).toEqual(['read'])
  expect(await push()).toEqual({ ok: true, sha: head })
  expect(git(bare, ['rev-parse', 'berth/t-1'])).toBe(head)
  expect(github.tokens.map(({ permissions }) => permissions['contents'])).toEqual(['read', 'write'])
  for (const { repositories } of github.tokens) expect(repositories).toHaveLength(1)
})

test('goes on with another token when one ends in the middle of a fetch', async () => {
  const { github, fetch, sha } = await setUp()
  const isFetching = () => github.requests.some(({ path }) => path.endsWith('/git-upload-pack'))
  // The first one lives until git asks for the objects.
  const mirror = await fetch(({ value }) => {
    const token = github.tokens.find((one) => one.value === value)
    if (token !== undefined && github.tokens.length === 1) Object.defineProperty(token, 'revoked', { get: isFetching })
  })
  expect(git(mirror, ['rev-parse', 'main'])).toBe(sha)
  expect(github.tokens.map(({ revoked }) => revoked)).toEqual([true, false])
  const posts = github.requests.filter(({ path }) => path.endsWith('/git-upload-pack')).map(({ status }) => status)
  expect(posts[0]).toBe(401)
  expect(posts.at(-1)).toBe(200)
})

test('pushes to a repository that was renamed meanwhile', async () => {
  const { repository, bare, work } = await setUp()
  const { head, push } = await work()
  Object.assign(repository, { name: 'site', formerly: ['acme/app'] })
  expect(await push()).toEqual({ ok: true, sha: head })
  expect(git(bare, ['rev-parse', 'berth/t-1'])).toBe(head)
})

test('reads from a repository that was renamed meanwhile', async () => {
  const { repository, fetch, sha } = await setUp()
  Object.assign(repository, { name: 'site', formerly: ['acme/app'] })
  expect(git(await fetch(), ['rev-parse', 'main'])).toBe(sha)
})

test('pushes to no new name that may not be worked on', async () => {
  const { repository, bare, work, url } = await setUp((renamed) => {
    throw new BerthError('repository-not-allowed', `${renamed} is not listed`)
  })
  const { push } = await work()
  Object.assign(repository, { name: 'site', formerly: ['acme/app'] })
  const reason = expect.stringContaining(`${url.replace('app.git', 'site.git')} is not listed`)
  expect(await push()).toMatchObject({ ok: false, kind: 'denied', own: true, reason })
  expect(git(bare, ['branch', '--list', 'berth/*'])).toBe('')
})

const WORKFLOW = { '.github/workflows/ci.yml': 'on: push\n' }

test('pushes files of workflows with a token that may, where the App may, and others never have it', async () => {
  const { github, bare, work } = await setUp()
  github.installation.permissions = { ...github.installation.permissions, workflows: 'write' }
  const { head, push } = await work(WORKFLOW)
  expect(await push()).toEqual({ ok: true, sha: head })
  expect(git(bare, ['rev-parse', 'berth/t-1'])).toBe(head)
  expect(github.tokens.map(({ permissions }) => permissions['workflows'])).toEqual([undefined, undefined, 'write'])
})

test('says which permission the App lacks to push files of workflows', async () => {
  const { work } = await setUp()
  const { push } = await work(WORKFLOW)
  const reason = expect.stringContaining('the App 4711 may not have workflows: write in acme/app')
  expect(await push()).toMatchObject({ ok: false, kind: 'denied', own: true, reason })
})

test('moves a branch to a commit with workflows, where the App may', async () => {
  const { github, forge, bare, sha } = await setUp()
  const [blob, tree] = [git(bare, ['hash-object', '-w', 'HEAD']), git(bare, ['rev-parse', `${sha}^{tree}`])]
  const folder = (line: string) => git(bare, ['mktree'], { input: `${line}\n` })
  const workflows = folder(`040000 tree ${folder(`100644 blob ${blob}\tci.yml`)}\tworkflows`)
  const both = folder(`${git(bare, ['ls-tree', tree])}\n040000 tree ${workflows}\t.github`)
  const commit = git(bare, ['commit-tree', '-p', sha, '-m', 'ci', both])
  git(bare, ['update-ref', 'refs/heads/berth/t-1', sha])
  const asked = { repository: 'acme/app', ref: 'refs/heads/berth/t-1', sha: commit }
  const call = { callerEnv: {}, signal: new AbortController().signal }
  await expect(forge.commits?.pointRef(asked, call)).rejects.toMatchObject({ code: 'app-permission' })
  github.installation.permissions = { ...github.installation.permissions, workflows: 'write' }
  await forge.commits?.pointRef(asked, call)
  expect(git(bare, ['rev-parse', 'berth/t-1'])).toBe(commit)
})

test.each([
  ['was archived', { archived: true }, 'archived so it is read-only'],
  ['is gone for the App', { private: true, name: 'elsewhere' }, 'is not installed for acme/app'],
])('tells of a push where the repository %s meanwhile', async (_, change, words) => {
  const { repository, work } = await setUp()
  const { push } = await work()
  Object.assign(repository, change)
  expect(await push()).toMatchObject({ ok: false, kind: 'denied', own: true, reason: expect.stringContaining(words) })
})

test('a mirror that the App has fetched gives a commit to nobody whom the remote refuses', async () => {
  const { github, url, sha, fetch } = await setUp()
  await fetch()
  const byCaller = hostGit({ company: () => ({ ...NO_COMPANY, caFile: github.caFile }) })
  for (const ref of [sha, 'main', null])
    await expect(byCaller.resolve(url, ref, {})).rejects.toMatchObject({ code: 'repository-unreachable' })
})
