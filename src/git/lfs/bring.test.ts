import { expect, it } from 'vitest'
import { git } from '../../../test/fixtures/remotes/git.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { pointerText } from '../../domain/lfs-pointer.ts'
import type { StreamClient } from '../../domain/stream-client.ts'
import { localExec } from '../local-exec.ts'
import { bringLfs } from './bring.ts'
import { knownWithout } from './known-without.ts'

/** A server that never ends its answer. */
const endless: StreamClient = {
  ask: (_, { signal }) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  [Symbol.dispose]: () => {},
}

it('leaves what does not come in time, and lets the task begin', async () => {
  using folder = temporaryFolder()
  const mirror = folder.at('r.git')
  git(folder.path, ['init', '-q', '--bare', mirror])
  const write = (text: string) => git(mirror, ['hash-object', '-w', '--stdin'], { input: text })
  const rules = write('*.bin filter=lfs\n')
  const large = write(pointerText({ oid: 'a'.repeat(64), size: 7 }))
  const input = `100644 blob ${rules}\t.gitattributes\n100644 blob ${large}\ta.bin\n`
  const sha = git(mirror, ['commit-tree', '-m', 'large', git(mirror, ['mktree'], { input })])
  const deps = {
    local: localExec({ git: 'git', path: process.env['PATH'] ?? '' }),
    findServer: async () => ({ url: 'https://lfs.invalid', headers: {}, own: false, authorize: async () => undefined }),
    without: knownWithout(),
    connect: () => endless,
    limitMs: 20,
  }
  const call = { mirror, url: 'https://git.invalid/r.git', sha, callerEnv: {} }
  expect(await bringLfs(deps, call)).toEqual({
    objects: 1,
    left: [{ path: 'a.bin', why: 'their contents did not come in time' }],
  })
})
