import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forgeAt } from '../fixtures/github/forge-at.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'

const PAGE = { status: 200, body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }
const json = (value: unknown, status = 200) => ({
  status,
  body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'content-type': 'application/json' },
})
const NO_JSON = 'it sent no JSON'

/** All that Berth asks a GitHub on the way to a pull request. */
const askAll = async (server: GitHub) => {
  const { forge, call } = forgeAt(server)
  const at = { repository: 'acme/app', head: 'topic' }
  await forge.repository(at.repository, call)
  await forge.pullRequests.find(at, call)
  await forge.pullRequests.create({ ...at, base: 'main', title: 'Title', body: '', draft: false }, call)
}

describe('an answer that is none of GitHub', () => {
  let server: GitHub
  beforeAll(async () => {
    server = await startGitHub()
    const { bare } = server.addRepository({ name: 'acme/app' })
    git(bare, ['branch', 'topic', git(bare, ['commit-tree', '-p', 'main', '-m', 'more', 'main^{tree}'])])
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test.each([
    [/installation$/, PAGE, NO_JSON],
    [/access_tokens$/, PAGE, NO_JSON],
    [/access_tokens$/, json({ token: null, expires_at: '2030-01-01T00:00:00Z' }, 201), 'it gave no token with an end'],
    [
      /access_tokens$/,
      json({ token: 'ghs_a\nX: b', expires_at: '2030-01-01T00:00:00Z' }, 201),
      'it gave no token with an end',
    ],
    [/access_tokens$/, json({ token: 'ghs_abc', expires_at: 'soon' }, 201), 'it gave no token with an end'],
    [/^GET .*\/app$/, PAGE, NO_JSON],
    [/^GET .*\/app$/, json(null), NO_JSON],
    [/^GET .*\/app$/, json('{"full_name":'), NO_JSON],
    [/^GET .*\/app$/, json({ error: 'sign in' }), 'it told no repository'],
    [/^GET .*\/app$/, json({ full_name: 'acme/..' }), 'it told no repository'],
    [/^GET .*\/app$/, json({ full_name: 'acme/app/../../evil/app' }), 'it told no repository'],
    [/^GET .*\/app$/, json({ full_name: 'acme/app@evil/x' }), 'it told no repository'],
    [/^GET .*\/app$/, json({ full_name: 'acme/\u001b[31mapp' }), 'it told no repository'],
    [/^GET .*\/pulls$/, PAGE, NO_JSON],
    [/^GET .*\/pulls$/, json({ error: 'sign in' }), 'it told none'],
    [/^GET .*\/pulls$/, json([{ number: 'x' }]), 'it told none'],
    [/^POST .*\/pulls$/, PAGE, NO_JSON],
    [/^POST .*\/pulls$/, json({ number: 7 }, 201), 'it told none'],
    [
      /^POST .*\/pulls$/,
      json(
        { number: 7, html_url: 'javascript:x', state: 'open', head: { ref: 'topic', sha: 'a' }, base: { ref: 'main' } },
        201,
      ),
      'it told none',
    ],
  ])('%s: %j must be told as such', async (on, answer, words) => {
    server.failNext({ on, ...answer })
    await expect(askAll(server)).rejects.toMatchObject({
      code: 'forge-unreachable',
      message: expect.stringMatching(new RegExp(`: what answered is not GitHub, as ${words}$`)),
    })
  })

  test.each([
    [{}, 'forge-unreachable', 'what answered is not GitHub, as it told no commit'],
    [{ sha: '--upload-pack=evil', verification: { verified: true } }, 'forge-unreachable', 'it told no commit'],
    [{ sha: 'a'.repeat(40) }, 'cannot-sign', 'did not sign it'],
    [
      { sha: 'a'.repeat(40), verification: { verified: false, reason: 'no\u001b[31m\nkey' } },
      'cannot-sign',
      'did not sign it: no key',
    ],
  ])('a commit %j is not taken for a signed one', async (told, code, words) => {
    server.failNext({ on: /^POST .*\/git\/commits$/, ...json(told, 201) })
    const { forge, call } = forgeAt(server)
    const asked = { repository: 'acme/app', tree: 'b'.repeat(40), parents: [], message: 'more' }
    await expect(forge.commits?.create(asked, call)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    })
  })

  test('words of a refusal must stay on one line, without control of the terminal', async () => {
    server.failNext({ on: /^GET .*\/app$/, status: 422, message: 'no\u001b]0;evil\u0007\u001b[31m\nberth: done\u202e' })
    await expect(askAll(server)).rejects.toMatchObject({
      code: 'forge-refused',
      message: 'asked GitHub for acme/app: GitHub answered 422: no berth: done',
    })
  })
})
