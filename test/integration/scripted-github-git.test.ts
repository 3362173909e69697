import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import type { BranchRule } from '../fixtures/github/world.ts'
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

/** A repository with these rules, a clone of it with a commit, and a push from there. */
const pushBench = async (rules: readonly BranchRule[], files: Readonly<Record<string, string>> = { 'a.txt': 'a' }) => {
  const github = await startGitHub()
  const folder = temporaryFolder()
  const repository = github.addRepository({ name: 'acme/app', rules })
  const work = folder.at('work')
  const { value } = github.addInstallationToken({ repositories: ['app'] })
  await runGit(github, folder.path, ['clone', '--quiet', withToken(repository.url, value), work])
  const head = commitFiles(work, files, 'more')
  const push = (spec: string, token = value) =>
    runGit(github, work, ['push', '--quiet', withToken(repository.url, token), spec])
  const close = async () => {
    await github[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  }
  return { github, repository, folder, work, head, push, [Symbol.asyncDispose]: close }
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

describe('rules of the scripted GitHub', () => {
  test('a protected branch must take no push, with the words of GitHub; another branch must', async () => {
    await using bench = await pushBench([{ branches: ['main'], by: 'protection', needs: 'pull-request' }])
    const { code, words } = await bench.push('HEAD:refs/heads/main')
    expect(code).toBe(1)
    expect(words).toContain('remote: error: GH006: Protected branch update failed for refs/heads/main.')
    expect(words).toContain('remote: - Changes must be made through a pull request.')
    expect(words).toContain('! [remote rejected] HEAD -> main (protected branch hook declined)')
    expect(await bench.push('HEAD:refs/heads/topic')).toEqual({ code: 0, words: '' })
    expect(git(bench.repository.bare, ['rev-parse', 'topic'])).toBe(bench.head)
  })

  test('a branch that needs signatures must name each commit that has none', async () => {
    await using bench = await pushBench([{ branches: ['*'], by: 'ruleset', needs: 'signatures' }])
    const { words } = await bench.push('HEAD:refs/heads/topic')
    expect(words).toContain('remote: error: GH013: Repository rule violations found for refs/heads/topic.')
    expect(words).toMatch(/remote: - Commits must have verified signatures.\s+remote: {3}Found 1 violation:/)
    expect(words).toContain(`remote:   ${bench.head}`)
    expect(words).toContain('(push declined due to repository rule violations)')
  })

  test('a signature of a key that the forge knows must do, of the address that it knows', async () => {
    await using bench = await pushBench([{ branches: ['*'], by: 'ruleset', needs: 'signatures' }])
    const key = bench.folder.at('key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key])
    const sign = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${key}`]
    git(bench.work, [...sign, 'commit', '--amend', '--quiet', '--no-edit', '-S'])
    expect((await bench.push('HEAD:refs/heads/topic')).code).toBe(1)
    const publicKey = readFileSync(`${key}.pub`, 'utf8')
    bench.github.addSigningKey({ format: 'ssh', publicKey, emails: ['test@example.invalid'] })
    expect(await bench.push('HEAD:refs/heads/topic')).toEqual({ code: 0, words: '' })
  })

  test('a signature of gpg must do as well, of the committer alone whose key it is', async () => {
    await using bench = await pushBench([{ branches: ['*'], by: 'ruleset', needs: 'signatures' }])
    const home = bench.folder.at('gpg')
    mkdirSync(home, { mode: 0o700 })
    const gpg = (...args: readonly string[]) => execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args])
    const address = 'test@example.invalid'
    try {
      gpg('--passphrase', '', '--quick-generate-key', `Test <${address}>`, 'ed25519', 'sign', 'never')
      const sign = (committer: string) =>
        git(bench.work, ['commit', '--amend', '--quiet', '--no-edit', `-S${address}`], {
          env: { GNUPGHOME: home, GIT_COMMITTER_EMAIL: committer },
        })
      bench.github.addSigningKey({ format: 'gpg', publicKey: gpg('--armor', '--export').toString(), emails: [address] })
      sign('other@example.invalid')
      expect((await bench.push('HEAD:refs/heads/topic')).code).toBe(1)
      sign(address)
      expect(await bench.push('HEAD:refs/heads/topic')).toEqual({ code: 0, words: '' })
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
    }
  })

  test('a forced push must be refused where the rule says so', async () => {
    await using bench = await pushBench([{ branches: ['main'], by: 'protection', needs: 'no-force-push' }])
    expect((await bench.push('HEAD:refs/heads/main')).code).toBe(0)
    git(bench.work, ['commit', '--quiet', '--amend', '-m', 'other'])
    expect((await bench.push('+HEAD:refs/heads/main')).words).toContain('Cannot force-push to this branch')
  })

  test('a workflow must need its own permission', async () => {
    await using bench = await pushBench([], { '.github/workflows/ci.yml': 'on: push' })
    expect((await bench.push('HEAD:refs/heads/topic')).words).toContain(
      '(refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission)',
    )
    const { value } = bench.github.addInstallationToken({ permissions: { contents: 'write', workflows: 'write' } })
    expect((await bench.push('HEAD:refs/heads/topic', value)).code).toBe(0)
  })
})
