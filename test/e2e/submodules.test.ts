import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { commitModules } from '../fixtures/remotes/commit-modules.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const SHELL = 'cat lib/lib.txt; git submodule status; git status --porcelain; echo made > made.txt'

/** A server that asks for a login, with a repository that has a submodule there and one elsewhere. */
const startRemote = async () => {
  const remote = await startHttpRemote({ login: { user: 'ada', password: 'horse-battery' } })
  const lib = makeBare(join(remote.bare, '../lib.git'), { 'lib.txt': 'of the library\n' })
  const sha = git(lib, ['rev-parse', 'main'])
  commitModules(`${remote.bare}.work`, [
    { path: 'lib', url: '../lib.git', sha },
    { path: 'elsewhere', url: 'https://other.example.invalid/x.git', sha },
  ])
  git(`${remote.bare}.work`, ['push', '--quiet', remote.bare, 'main'])
  return { remote, sha }
}

describe.each(anyEngine())('submodules, on $name', ({ flag }) => {
  let shop: Workshop
  let remote: HttpRemote
  let sha: string
  beforeAll(async () => {
    shop = await workshop(flag)
    const started = await startRemote()
    remote = started.remote
    sha = started.sha
  })
  afterAll(async () => {
    await shop.close()
    await remote.close()
  })

  const run = (repo: string, ...args: readonly string[]) =>
    shop.job({ args: ['--repo', repo, ...args], shell: SHELL, callerEnv: remote.callerEnv })

  test('those on the host of the repository are there, with the credentials of the caller; others are named', async () => {
    const ran = await run(remote.url, '--branch', 'main', '--submodules', 'own-host')
    expect(ran).toMatchObject({ code: 0 })
    const said = JSON.stringify(await shop.b.events(ran.id))
    expect(said).toContain(`of the library\\n-${sha} elsewhere\\n ${sha} lib (`)
    expect(said).toContain('submodule elsewhere is left out')
    expect(said).not.toContain('horse-battery')
    expect(git(remote.bare, ['ls-tree', '--name-only', `berth/${ran.id}`]).split('\n')).toEqual([
      ...['.gitmodules', 'README.md', 'elsewhere', 'lib', 'made.txt'],
    ])
    expect(git(remote.bare, ['diff', '--name-only', 'main', `berth/${ran.id}`])).toBe('made.txt')
  })

  test.runIf(TEST_ALL)('those of a shallow clone on this machine come from where it was cloned', async () => {
    using folder = temporaryFolder()
    const clone = folder.at('clone')
    git('/', ['clone', '--quiet', '--depth=1', `file://${remote.bare}`, clone])
    git(clone, ['remote', 'set-url', 'origin', remote.url])
    const ran = await run(clone, '--depth', '1', '--submodules', 'own-host')
    expect(ran).toMatchObject({ code: 0 })
    expect(JSON.stringify(await shop.b.events(ran.id))).toContain(` ${sha} lib (`)
    expect(git(clone, ['log', '--format=%s', `berth/${ran.id}`]).split('\n')).toHaveLength(2)
  })
})
