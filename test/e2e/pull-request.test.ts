import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PullRequestReport, TaskRecord } from '../../src/domain/task.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

type Status = Omit<TaskRecord, 'pr'> & { readonly pr?: PullRequestReport }

describe.each(anyEngine())('pull requests, on $name', ({ flag }) => {
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
  const statusOf = (id: string) => shop.b.json<Status>(['status', id])

  test('one must be opened for the pushed branch, updated by a further turn, and shown with its checks and reviews', async () => {
    const repository = github.addRepository({ name: 'acme/app', collaborators: ['ada'] })
    const args = ['--repo', 'acme/app', '--branch', 'main', '--pr-draft', '--pr-label', 'agent', '--pr-reviewer', 'ada']
    const ran = await shop.job({ args, shell: 'echo one > one.txt; git add .; git commit -qm "Add one"' })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const [pull] = repository.pulls
    if (pull === undefined) throw new Error('there is no pull request')
    const url = `${github.origin}/acme/app/pull/1`
    expect(ran.stdout).toContain(`draft pull request #1: ${url}`)
    expect(pull).toMatchObject({
      ...{ head: `berth/${ran.id}`, base: 'main', title: 'Add one', draft: true },
      ...{ labels: ['agent'], reviewers: ['ada'] },
    })
    expect(pull.body).toMatch(
      new RegExp(`^<!-- berth:${ran.id} begin.*\\n.+\\n<!-- .* end -->\\n\\nBerth-Task: ${ran.id}$`),
    )
    expect(await statusOf(ran.id)).toMatchObject({
      state: 'done',
      reason: `pushed berth/${ran.id}, pull request #1`,
      pr: { number: 1, url, state: 'draft', checks: 'none', reviews: { approved: 0, changesRequested: 0 } },
    })

    Object.assign(pull, { title: 'Mine', body: `Please look.\n\n${pull.body}`, draft: false })
    shop.model.load({ key: 'sk-real-key-of-the-test', steps: [{ text: 'Now two.', shell: ['echo two > two.txt'] }] })
    const sent = await shop.b.run(['send', '-f', ran.id, 'go on'])
    expect(sent, sent.stdout + sent.stderr).toMatchObject({ code: 0 })
    expect(repository.pulls).toHaveLength(1)
    expect(pull).toMatchObject({ title: 'Mine', body: expect.stringMatching(/^Please look\.\n\n<!--/) })
    const sha = git(repository.bare, ['rev-parse', `berth/${ran.id}`])
    repository.checkRuns.push({ sha, name: 'ci', status: 'completed', conclusion: 'failure' })
    pull.reviews.push({ login: 'ada', state: 'APPROVED' })
    const { pr } = await statusOf(ran.id)
    expect(pr).toEqual({
      ...{ number: 1, url, state: 'open', checks: 'failed' },
      reviews: { approved: 1, changesRequested: 0 },
    })
    const text = (await shop.b.run(['status', ran.id])).stdout
    expect(text).toMatch(/^pr +pull request #1: .*\n +checks failed, 1 approval$/m)

    const again = await shop.b.run(['pr', ran.id, '--json'])
    expect(JSON.parse(again.stdout)).toEqual({ task: ran.id, number: 1, url, state: 'open' })
    expect((await shop.b.events(ran.id)).map(({ type }) => type).filter((type) => type.startsWith('pr.'))).toEqual([
      'pr.opened',
      'pr.updated',
      'pr.updated',
    ])
  })

  test('a task without one gets it by hand, after the forge had refused', async () => {
    const repository = github.addRepository({ name: 'acme/other', drafts: false })
    const args = ['--repo', 'acme/other', '--branch', 'main', '--pr-draft', '--agent', 'noop']
    const ran = await shop.job({ args: [...args, '--provider-arg', 'commit=made.txt'], shell: null })
    expect(ran).toMatchObject({ code: 7 })
    expect(ran.stdout + ran.stderr).toContain('Draft pull requests are not supported in this repository.')
    expect(await statusOf(ran.id)).toMatchObject({ state: 'failed', pushed: { branch: `berth/${ran.id}` } })
    expect(await shop.b.run(['pr', ran.id])).toMatchObject({ code: 7 })
    repository.drafts = true
    expect(await shop.b.run(['pr', ran.id])).toMatchObject({ code: 0 })
    expect(await statusOf(ran.id)).toMatchObject({ state: 'done', pr: { number: 1, state: 'draft' } })
    expect(await shop.b.run(['push', ran.id, '--to', 'aside'])).toMatchObject({ code: 0 })
    expect(repository.pulls.map(({ head }) => head)).toEqual([`berth/${ran.id}`, 'aside'])
    github.failNext({ on: /GET .*\/pulls\/2$/, end: 'hang' })
    expect((await statusOf(ran.id)).pr).toMatchObject({
      number: 2,
      checks: null,
      reason: expect.stringMatching(/did not answer in 3 s/),
    })
  })

  test.skipIf(!TEST_ALL)(
    'each of two repositories must get its own, and one that the forge refuses must be named',
    async () => {
      const app = github.addRepository({ name: 'acme/two-app' })
      const lib = github.addRepository({ name: 'acme/two-lib', drafts: false })
      const names = ['--repo', 'acme/two-app', '--branch', 'main', '--repo', `${github.origin}/acme/two-lib`]
      const changes = 'shell=echo 1 > two-app/a.txt; echo 1 > two-lib/b.txt'
      const args = [...names, '--pr-draft', '--agent', 'noop', '--provider-arg', changes]
      const ran = await shop.job({ args, shell: null })
      expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 7 })
      const branch = `berth/${ran.id}`
      const opened = `pushed ${branch} to two-app, pull request #1 (two-app)`
      expect(await statusOf(ran.id)).toMatchObject({
        ...{ state: 'failed', pr: { number: 1 } },
        reason: expect.stringContaining(`${opened}; two-lib: ${branch} is pushed, but its pull request failed: `),
        further: { 'two-lib': { pushed: { branch }, prError: expect.stringContaining('not supported') } },
      })
      lib.drafts = true
      const again = await shop.b.run(['pr', ran.id])
      expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/#1: .*two-app.*\n.*#1: .*two-lib/) })
      expect([...app.pulls, ...lib.pulls]).toMatchObject([{ head: branch }, { head: branch }])
      expect(await statusOf(ran.id)).toMatchObject({
        state: 'done',
        reason: `pushed ${branch} to two-app and two-lib, pull requests #1 (two-app) and #1 (two-lib)`,
      })
    },
  )

  test('one that could not be opened must be refused before a task exists', async () => {
    github.addRepository({ name: 'acme/third' })
    const refused = async (...args: readonly string[]) => {
      const ran = await shop.b.run(['start', '--agent', 'noop', '--engine', flag, '--pr', ...args, 'nothing'])
      return { code: ran.code, said: ran.stderr }
    }
    const third = ['--repo', 'acme/third', '--branch', 'main']
    expect(await refused(...third, '--push-to', 'main')).toMatchObject({
      code: 2,
      said: expect.stringMatching(/into itself/),
    })
    expect(await refused(...third, '--pr-base', 'nowhere')).toMatchObject({
      code: 2,
      said: expect.stringMatching(/no branch nowhere/),
    })
    expect(await refused(...third, '--push', 'none')).toMatchObject({
      code: 2,
      said: expect.stringMatching(/--push none/),
    })
    github.installation.permissions = { ...github.installation.permissions, pull_requests: 'read' }
    expect(await refused(...third)).toMatchObject({ said: expect.stringMatching(/pull_requests: write/) })
    expect((await shop.b.json<{ tasks: readonly TaskRecord[] }>(['ls', '-a'])).tasks).toHaveLength(TEST_ALL ? 3 : 2)
  })
})
