import { describe, expect, test } from 'vitest'
import { type Asking, askGitHub } from '../fixtures/github/ask-github.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import type { BranchRule } from '../fixtures/github/world.ts'
import { git } from '../fixtures/remotes/git.ts'

const dataBench = async (rules: readonly BranchRule[] = []) => {
  const github = await startGitHub()
  const { bare } = github.addRepository({ name: 'acme/app', rules })
  const { value } = github.addInstallationToken({ repositories: ['app'] })
  const ask = (method: string, path: string, body?: object, more: Partial<Asking> = {}) =>
    askGitHub(github, { method, path: `/repos/acme/app${path}`, bearer: value, ...(body && { body }), ...more })
  const tree = git(bare, ['rev-parse', 'main^{tree}'])
  const main = git(bare, ['rev-parse', 'main'])
  const commit = (body: object = {}) =>
    ask('POST', '/git/commits', { message: 'by hand', tree, parents: [main], ...body })
  return { github, bare, ask, main, commit, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() }
}

describe('the git database of the scripted GitHub', () => {
  test('a commit of a bot must be signed by the forge, unless it names an author', async () => {
    await using bench = await dataBench()
    const { status, body } = await bench.commit()
    expect(status).toBe(201)
    expect(body).toMatchObject({
      message: 'by hand',
      author: { name: 'berth-worker[bot]' },
      committer: { name: 'GitHub', email: 'noreply@github.com' },
      verification: { verified: true, reason: 'valid' },
    })
    expect(git(bench.bare, ['cat-file', '-t', body.sha])).toBe('commit')
    const named = await bench.commit({ author: { name: 'Mona', email: 'mona@example.invalid' } })
    expect(named.body).toMatchObject({
      author: { name: 'Mona' },
      verification: { verified: false, reason: 'unsigned' },
    })
    const read = await bench.ask('GET', `/commits/${body.sha}`)
    expect(read.body.commit.verification.verified).toBe(true)
  })

  test('objects that do not exist must be refused', async () => {
    await using bench = await dataBench()
    const none = `${'0'.repeat(39)}1`
    expect((await bench.commit({ tree: none })).body.message).toBe('Tree SHA does not exist')
    expect((await bench.commit({ parents: [none] })).body.message).toContain('Parent SHA does not exist')
    const ref = await bench.ask('POST', '/git/refs', { ref: 'refs/heads/topic', sha: none })
    expect([ref.status, ref.body.message]).toEqual([422, 'Object does not exist'])
  })

  test('a ref must be made once, moved forward and deleted', async () => {
    await using bench = await dataBench()
    const { body } = await bench.commit()
    const create = () => bench.ask('POST', '/git/refs', { ref: 'refs/heads/a/b', sha: body.sha })
    expect((await create()).status).toBe(201)
    expect((await create()).body.message).toBe('Reference already exists')
    expect((await bench.ask('GET', '/git/ref/heads/a/b')).body.object.sha).toBe(body.sha)
    const back = (more: object) => bench.ask('PATCH', '/git/refs/heads/a/b', { sha: bench.main, ...more })
    expect((await back({})).body.message).toBe('Update is not a fast forward')
    expect((await back({ force: true })).status).toBe(200)
    expect((await bench.ask('DELETE', '/git/refs/heads/a/b')).status).toBe(204)
    expect((await bench.ask('DELETE', '/git/refs/heads/a/b')).body.message).toBe('Reference does not exist')
  })

  test('the rules of a branch must hold for its refs, too', async () => {
    await using bench = await dataBench([{ branches: ['main'], by: 'ruleset', needs: 'signatures' }])
    const author = { name: 'Mona', email: 'mona@example.invalid' }
    const unsigned = (await bench.commit({ author })).body.sha
    const signed = (await bench.commit()).body.sha
    const move = (sha: string) => bench.ask('PATCH', '/git/refs/heads/main', { sha })
    const refused = await move(unsigned)
    expect([refused.status, refused.body.message]).toEqual([
      422,
      'Repository rule violations found\n\nCommits must have verified signatures.\n\n',
    ])
    expect((await move(signed)).status).toBe(200)
    expect(git(bench.bare, ['rev-parse', 'main'])).toBe(signed)
  })
})
