import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** The subcommands of a git call, without its settings. */
const subcommand = (line: string): string => {
  const words = line.split(' ')
  const at = words.findIndex(
    (word, i) => !word.startsWith('-') && !['-c', '-C', '--git-dir'].includes(words[i - 1] ?? ''),
  )
  return words[at] ?? ''
}

/** Git whose processes are counted, with a remote of one commit. */
const setUp = async () => {
  const folder = temporaryFolder()
  const remote = await startFileRemote()
  onTestFinished(async () => {
    await remote.close()
    folder[Symbol.dispose]()
  })
  const counted = folder.at('git')
  const log = folder.at('log')
  writeFileSync(counted, `#!/bin/sh\necho "$*" | tr '\\n' ' ' >> ${log}\necho >> ${log}\nexec git "$@"\n`)
  chmodSync(counted, 0o755)
  const berth = hostGit({ git: counted })
  const sha = git(remote.bare, ['rev-parse', 'main'])
  const processes = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    rmSync(log, { force: true })
    await work()
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean).map(subcommand).toSorted() : []
  }
  return { folder, remote, berth, sha, processes }
}

it('a job starts few processes of git on the host, and a further one fewer', async () => {
  const { folder, remote, berth, sha, processes } = await setUp()
  const { url, callerEnv, bare } = remote
  const top = { repository: bare, commit: sha, file: '.berth/config.toml', maxBytes: 1000 }
  expect(await processes(() => berth.local(bare))).toEqual(['rev-parse'])
  expect(await processes(() => berth.top(top))).toEqual(['ls-tree'])
  const mirrored = (pin: string) => berth.mirror({ mirrorsDir: folder.at('mirrors'), url, sha, pin, callerEnv })
  expect(await processes(() => mirrored('one'))).toEqual(['fetch', 'for-each-ref'])
  expect(await processes(() => mirrored('two'))).toEqual([])
  const { path: mirror } = await mirrored('three')
  const bring = () => berth.bringLfs({ mirror, url, sha, callerEnv })
  expect(await processes(bring)).toEqual(['ls-tree'])
  expect(await processes(bring)).toEqual([])

  const work = cloneWork(mirror, folder.at('work'), sha)
  const { head, wip, bundle } = commitAndBundle(work)
  const publish = folder.at('publish.git')
  const take = () => berth.take({ bundle, publish, mirror, base: sha, maxBytes: 10e6 })
  expect(await processes(take)).toEqual(['cat-file', 'diff', 'index-pack', 'log'])
  const lfs = { publish, mirror, base: sha, heads: [head, wip], take: async () => null }
  expect(await processes(() => berth.takeLfs(lfs))).toEqual(['cat-file', 'rev-list'])
  const push = { publish, url, sha: head, branch: 'new', expected: null, callerEnv, lfs: { mirror, base: sha } }
  expect(await processes(() => berth.push({ ...push, mode: 'lease' }))).toEqual(['push'])
})
