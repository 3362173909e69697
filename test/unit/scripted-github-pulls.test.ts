import { describe, expect, test } from 'vitest'
import { type Asking, askGitHub } from '../fixtures/github/ask-github.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'

/** A repository with a branch `topic` that has a commit more than `main`, and a token for it. */
const pullBench = async () => {
  const github = await startGitHub()
  const repository = github.addRepository({ name: 'acme/app', collaborators: ['mona'], teams: ['web'] })
  const { bare } = repository
  const sha = git(bare, ['commit-tree', '-p', 'main', '-m', 'more', 'main^{tree}'])
  git(bare, ['branch', 'topic', sha])
  const { value: bearer } = github.addInstallationToken({ repositories: ['app'] })
  const ask = (path: string, body?: object, more: Partial<Asking> = {}) =>
    askGitHub(github, {
      path: `/repos/acme/app${path}`,
      bearer,
      ...(body && { method: 'POST', body }),
      ...more,
    })
  const open = (body: object = {}) => ask('/pulls', { title: 'Title', head: 'topic', base: 'main', ...body })
  return { github, repository, sha, ask, open, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() }
}

describe('pull requests of the scripted GitHub', () => {
  test('one must be created once for a head and a base, and be found by its head', async () => {
    await using bench = await pullBench()
    const { ask, open, github, sha } = bench
    const { status, body } = await open({ body: 'text', draft: true })
    expect([status, body]).toMatchObject([
      201,
      { number: 1, state: 'open', draft: true, user: { login: 'berth-worker[bot]', type: 'Bot' }, head: { sha } },
    ])
    const again = await open()
    expect([again.status, again.body.message, again.body.errors[0].message]).toEqual([
      422,
      'Validation Failed',
      'A pull request already exists for acme:topic.',
    ])
    const found = async (query: string) => (await ask(`/pulls?${query}`)).body.length
    expect(await found('head=acme:topic&state=all')).toBe(1)
    expect(await found('head=acme:other')).toBe(0)
    expect(await found('head=topic-without-owner')).toBe(1)
    expect(await found('state=closed')).toBe(0)
    expect(github.pullRequests).toHaveLength(1)
  })

  test('one without commits, branches, a title or drafts must be refused', async () => {
    await using bench = await pullBench()
    const { open, repository } = bench
    const refused = async (body: object) => (await open(body)).body
    expect((await refused({ head: 'main' })).errors[0].message).toBe('No commits between main and main')
    expect((await refused({ head: 'none' })).errors).toEqual([
      { resource: 'PullRequest', field: 'head', code: 'invalid' },
    ])
    expect((await refused({ base: 'none' })).errors[0].field).toBe('base')
    expect((await refused({ title: '' })).errors[0].code).toBe('missing_field')
    repository.drafts = false
    expect((await refused({ draft: true })).message).toBe('Draft pull requests are not supported in this repository.')
  })

  test('one must be changed, labelled and reviewed', async () => {
    await using bench = await pullBench()
    const { ask, open, github } = bench
    await open()
    const changed = await ask('/pulls/1', { title: 'New', state: 'closed' }, { method: 'PATCH' })
    expect(changed.body).toMatchObject({ title: 'New', state: 'closed', merged: false })
    expect((await ask('/issues/1/labels', { labels: ['bug', 'fresh'] })).body.map(({ name = '' }) => name)).toEqual([
      'bug',
      'fresh',
    ])
    expect((await ask('/pulls/1/requested_reviewers', { reviewers: ['mona'], team_reviewers: ['web'] })).status).toBe(
      201,
    )
    expect((await ask('/pulls/1/requested_reviewers', { reviewers: ['stranger'] })).body.message).toContain(
      'Reviews may only be requested from collaborators.',
    )
    github.pullRequests[0]?.reviews.push({ login: 'mona', state: 'APPROVED' })
    expect((await ask('/pulls/1/reviews')).body).toMatchObject([{ user: { login: 'mona' }, state: 'APPROVED' }])
    expect((await ask('/pulls/2')).status).toBe(404)
  })

  test('a long list must come in pages', async () => {
    await using bench = await pullBench()
    const { ask, open, repository } = bench
    await open()
    const [first] = repository.pulls
    for (let number = 2; number <= 5; number++) repository.pulls.push({ ...first!, number })
    const page = await ask('/pulls?per_page=2&page=2')
    expect(page.body.map(({ number = 0 }) => number)).toEqual([3, 2])
    expect(String(page.headers['link'])).toMatch(/page=3>; rel="next"/)
  })

  test('a token without the permission must be refused by its name', async () => {
    await using bench = await pullBench()
    const { ask, github } = bench
    const { value } = github.addInstallationToken({ repositories: ['app'], permissions: { contents: 'write' } })
    const { status, headers, body } = await ask('/pulls', undefined, { bearer: value })
    expect([status, body.message, headers['x-accepted-github-permissions']]).toEqual([
      403,
      'Resource not accessible by integration',
      'pull_requests=read',
    ])
    const labelled = await ask('/issues/1/labels', { labels: ['a'] }, { bearer: value })
    expect(labelled.headers['x-accepted-github-permissions']).toBe('issues=write; pull_requests=write')
  })
})

describe('checks of the scripted GitHub', () => {
  test('those of a commit must be told by branch and by id', async () => {
    await using bench = await pullBench()
    const { ask, repository, sha } = bench
    expect((await ask(`/commits/${sha}/status`)).body).toMatchObject({ state: 'pending', total_count: 0 })
    repository.checkRuns.push({ sha, name: 'build', status: 'completed', conclusion: 'failure' })
    repository.statuses.push({ sha, context: 'ci', state: 'success' })
    expect((await ask('/commits/topic/check-runs')).body).toMatchObject({
      total_count: 1,
      check_runs: [{ name: 'build', conclusion: 'failure' }],
    })
    expect((await ask(`/commits/${sha}/status`)).body).toMatchObject({ state: 'success' })
    expect((await ask('/commits/main/check-runs')).body.total_count).toBe(0)
    expect((await ask('/commits/none/status')).body.message).toBe('No commit found for SHA: none')
  })
})
