import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { lfsState, pointerOf, sha256 } from '../fixtures/remotes/lfs-server.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const LARGE = 'the content of a large file\n'
const OTHER = 'what no server has\n'
const LOGIN = { user: 'ann', password: 'secret-word' }
const FILES = {
  '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
  'a.bin': pointerOf(LARGE),
  'no.bin': pointerOf(OTHER),
}
const SHELL = [
  'cat a.bin no.bin > read.txt; git status --porcelain >> read.txt',
  'echo first > b.bin && git add b.bin && git commit -qm first && echo second > b.bin',
].join('\n')

describe.each(anyEngine())('a repository with Git LFS on $name', ({ flag }) => {
  const folder = temporaryFolder()
  const lfs = lfsState(LARGE)
  let shop: Workshop
  let remote: HttpRemote
  beforeAll(async () => {
    remote = await startHttpRemote({ bare: makeBare(folder.at('project.git'), FILES), login: LOGIN, lfs })
    shop = await workshop(flag)
  })
  afterAll(async () => {
    await shop.close()
    await remote.close()
    folder[Symbol.dispose]()
  })

  test('the agent has the contents, what it adds is uploaded before the push, and what lacks is said', async () => {
    const ran = await shop.job({ args: ['--repo', remote.url], shell: SHELL, callerEnv: remote.callerEnv })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const at = (name: string) => `${git(remote.bare, ['show', `berth/${ran.id}:${name}`])}\n`
    expect(at('read.txt')).toBe(`${LARGE}${pointerOf(OTHER)}?? read.txt\n`)
    expect(at('b.bin')).toBe(pointerOf('second\n'))
    expect(at('a.bin')).toBe(pointerOf(LARGE))
    expect([...lfs.objects.keys()].toSorted()).toEqual([LARGE, 'first\n', 'second\n'].map(sha256).toSorted())
    expect(ran.stdout).toContain('1 file of Git LFS stays a pointer')
    expect(ran.stdout).toContain('no such object (404): no.bin')
    expect(ran.stderr + ran.stdout).not.toContain(LOGIN.password)
  })
})
