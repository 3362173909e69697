import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { cloneWork, commitAndBundle } from '../fixtures/remotes/make-bundle.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-git-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const remotes = {
  file: () => startFileRemote(),
  'http with a login': () => startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } }),
  ssh: () => startSshRemote(),
}

describe.each(Object.entries(remotes))('from a remote and back: %s', (_name, start) => {
  it('resolves, mirrors, takes the work and pushes it', async () => {
    await using stack = new AsyncDisposableStack()
    const remote = await start()
    stack.defer(() => remote.close())
    const { url, callerEnv } = remote
    const berth = hostGit()
    const base = git(remote.bare, ['rev-parse', 'main'])

    expect(await berth.resolve(url, null, callerEnv)).toEqual({
      sha: base,
      ref: 'refs/heads/main',
      branch: 'main',
      defaultBranch: 'main',
    })

    const lines: string[] = []
    const mirrorsDir = join(folder, 'mirrors')
    const onProgress = (line: string) => lines.push(line)
    const made = await berth.mirror({ mirrorsDir, url, sha: base, pin: 't-1', callerEnv, onProgress })
    expect(made.fetched).toBe(true)
    expect(lines.length).toBeGreaterThan(0)
    expect(git(made.path, ['for-each-ref', '--format=%(refname)'])).toBe('refs/berth/base/t-1\nrefs/heads/main')
    expect((await berth.mirror({ mirrorsDir, url, sha: base, pin: 't-2', callerEnv })).fetched).toBe(false)

    const work = cloneWork(made.path, join(folder, 'work'), base)
    const { bundle, head, wip } = commitAndBundle(work)
    const publish = join(folder, 'publish.git')
    const taken = await berth.take({ bundle, publish, mirror: made.path, base, maxBytes: 1e6 })
    expect(taken).toEqual({
      head,
      wip,
      branches: [{ name: 'berth/t-1', sha: head }],
      others: [],
      commits: [{ sha: head, subject: 'do the work' }],
      descends: true,
      changes: { files: 1, insertions: 1, deletions: 0 },
    })

    const push = { publish, url, sha: head, branch: 'berth/t-1', mode: 'lease', expected: null, callerEnv } as const
    expect(await berth.push(push)).toEqual({ ok: true, sha: head })
    expect(git(remote.bare, ['rev-parse', 'berth/t-1'])).toBe(head)
    expect(await berth.push(push)).toEqual({ ok: true, sha: head })

    const chunks: Buffer[] = []
    for await (const chunk of berth.diff({ publish, from: base, to: head, stat: false })) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toContain('+++ b/work.txt\n@@ -0,0 +1 @@\n+work\n')
  })
})
