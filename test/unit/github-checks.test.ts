import { expect, test } from 'vitest'
import { forgeAt } from '../fixtures/github/forge-at.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'

test.each(['run', 'status'] as const)('the worst of more checks than a page has must count: a %s', async (kind) => {
  await using server = await startGitHub()
  const { bare, checkRuns, statuses } = server.addRepository({ name: 'acme/app' })
  const sha = git(bare, ['commit-tree', '-p', 'main', '-m', 'more', 'main^{tree}'])
  git(bare, ['branch', 'topic', sha])
  const { forge, call } = forgeAt(server)
  const at = { repository: 'acme/app', head: 'topic', base: 'main' }
  const { number } = await forge.pullRequests.create({ ...at, title: 'Title', body: '', draft: false }, call)
  const checks = async () => (await forge.pullRequests.status({ repository: at.repository, number }, call)).checks
  for (let i = 0; i < 100; i += 1) {
    if (kind === 'run') checkRuns.push({ sha, name: `run ${i}`, status: 'completed', conclusion: 'success' })
    else statuses.push({ sha, context: `status ${i}`, state: 'success' })
  }
  expect(await checks()).toBe('passed')
  if (kind === 'run') checkRuns.push({ sha, name: 'last', status: 'completed', conclusion: 'failure' })
  else statuses.push({ sha, context: 'last', state: 'failure' })
  expect(await checks()).toBe('failed')
})
