import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { sshKey } from '../fixtures/remotes/signing-keys.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { scene } from '../fixtures/whole/scene.ts'

/** On the way of commits that are made again. */
const POINTS = [
  ...['amend.before', 'amend.made', 'amend.told', 'push.before', 'push.after', 'push.told'],
  ...['move.before', 'move.after'],
]
const FORGE_POINTS = ['amend.given', 'amend.one', 'amend.brought', 'amend.told']
const FEW: ReadonlySet<string> = new Set(['amend.made', 'push.told', 'amend.brought'])
const NEEDS_SIGNATURES = { branches: ['*'], by: 'ruleset', needs: 'signatures' } as const

describe.concurrent.each(anyEngine())('the supervisor killed while commits are signed, on $name', (engine) => {
  test.each(POINTS.filter((point) => TEST_ALL || FEW.has(point)))(
    '%s: signed, pushed once, nothing left',
    async (point) => {
      using folder = temporaryFolder()
      await using s = await scene(engine)
      const sign = ['--sign', `ssh:${sshKey(folder.path).path}`, '--co-author', 'Lin <lin@example.org>']
      const id = await s.start(sign, { BERTH_FAULT: `${point}:1` })
      await s.expectDone(id)
      expect(existsSync(join(s.b.home, 'fault'))).toBe(true)
      const { bare } = s.remote
      const head = git(bare, ['rev-parse', `berth/${id}`])
      expect(git(bare, ['cat-file', 'commit', head])).toMatch(
        /gpgsig -----BEGIN SSH[\s\S]*Co-authored-by: Lin <lin@example\.org>/,
      )
      expect(await s.b.status(id)).toMatchObject({ head, pushed: { sha: head } })
      expect(git(s.pathOf(id, 'publish.git'), ['rev-parse', 'refs/berth/take/head'])).toBe(head)
      expect(git(s.pathOf(id, 'workspace'), ['-c', 'safe.directory=*', 'rev-parse', 'HEAD'])).toBe(head)
      const types = (await s.b.events(id)).map(({ type }) => type)
      for (const once of ['work.amended', 'work.pushed', 'workspace.moved'])
        expect(types.filter((type) => type === once)).toHaveLength(1)
    },
  )

  test.each(FORGE_POINTS.filter((point) => TEST_ALL || FEW.has(point)))(
    '%s: signed by the forge, pushed once, no ref left',
    async (point) => {
      const github = await startGitHub()
      const { bare, url } = github.addRepository({ name: 'acme/app', rules: [NEEDS_SIGNATURES] })
      const close = async () => await github[Symbol.asyncDispose]()
      await using s = await scene(engine, { remote: { url, bare, close } })
      appendFileSync(join(s.b.home, 'config.toml'), appConfig(github))
      const id = await s.start(['--sign', 'api'], { BERTH_FAULT: `${point}:1` })
      await s.expectDone(id)
      expect(existsSync(join(s.b.home, 'fault'))).toBe(true)
      expect(git(bare, ['for-each-ref', '--format=%(refname)'])).toBe(`refs/heads/berth/${id}\nrefs/heads/main`)
      const log = git(bare, ['log', '-1', '--format=%an %cn %(trailers:key=Co-authored-by,valueonly)', `berth/${id}`])
      expect(log).toMatch(/^berth-worker\[bot\] GitHub \S.* <.*>$/)
    },
  )
})
