import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git, testCallerEnv } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Git as a client of the scripted GitHub, with a token in the URL or without; its exit code and words. */
const runGit = async (github: GitHub, cwd: string, args: readonly string[]) => {
  const env = { ...testCallerEnv(cwd), GIT_SSL_CAINFO: github.caFile, GIT_TERMINAL_PROMPT: '0' }
  const child = spawn('git', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.on('data', (chunk) => {
    words += chunk
  })
  const [code] = await once(child, 'close')
  return { code, words }
}

const withToken = (url: string, token: string) => url.replace('https://', `https://x-access-token:${token}@`)

describe('git at the scripted GitHub', () => {
  test('a clone must need a live token of the repository that may read', async () => {
    await using github = await startGitHub()
    using folder = temporaryFolder()
    const { url } = github.addRepository({ name: 'acme/app' })
    const { url: other } = github.addRepository({ name: 'acme/other' })
    const token = github.addInstallationToken({ repositories: ['app'], permissions: { contents: 'read' } }).value
    const cloned = (from: string) => runGit(github, folder.path, ['clone', '--quiet', from, `c${Math.random()}`])
    expect((await cloned(withToken(url, token))).code).toBe(0)
    expect((await cloned(withToken(other, token))).words).toContain('remote: Repository not found.')
    expect((await cloned(url)).words).toContain('could not read Username')
    expect((await cloned(withToken(url, 'ghs_no'))).words).toContain('remote: Invalid username or token.')
    github.clockSkew = 3_601_000
    expect((await cloned(withToken(url, token))).words).toContain('Authentication failed')
  })

  test('a push must need the permission to write, and a repository that is not archived', async () => {
    await using github = await startGitHub()
    using folder = temporaryFolder()
    const repository = github.addRepository({ name: 'acme/app', renamedFrom: 'acme/old' })
    const write = github.addInstallationToken({ repositories: ['app'], permissions: { contents: 'write' } }).value
    const read = github.addInstallationToken({ repositories: ['app'], permissions: { contents: 'read' } }).value
    const old = repository.url.replace('acme/app', 'acme/old')
    expect((await runGit(github, folder.path, ['clone', '--quiet', withToken(old, read), 'work'])).code).toBe(0)
    const work = folder.at('work')
    expect(existsSync(join(work, 'README.md'))).toBe(true)
    const head = commitFiles(work, { 'a.txt': 'a' }, 'a')
    const pushed = (token: string) =>
      runGit(github, work, ['push', '--quiet', withToken(repository.url, token), 'HEAD:refs/heads/topic'])
    expect((await pushed(read)).words).toContain('remote: Permission to acme/app.git denied to berth-worker[bot].')
    expect((await pushed(write)).code).toBe(0)
    expect(git(repository.bare, ['rev-parse', 'topic'])).toBe(head)
    repository.archived = true
    expect((await pushed(write)).words).toContain('remote: This repository was archived so it is read-only.')
  })
})
