import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import type { Exec } from './exec.ts'
import { incompleteClone } from './incomplete-clone.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

/** Git's answers of a repository with this configuration, whose remote has the branch tip B. */
const answers =
  (config: readonly string[]): Exec =>
  async (args) => {
    const said = args.includes('config')
      ? config.map((row) => `${row}\0`).join('')
      : args.includes('for-each-ref')
        ? `${B}\n`
        : '.git/shallow\n'
    return { end: 'exit', code: 0, signal: null, stdout: Buffer.from(said), stderr: '' } as Awaited<ReturnType<Exec>>
  }

const repository = (shallow?: string) => {
  const folder = temporaryFolder()
  mkdirSync(folder.at('.git'))
  if (shallow !== undefined) writeFileSync(folder.at('.git/shallow'), shallow)
  return folder
}

const ORIGIN = 'remote.origin.url\nhttps://git.invalid/app'

test('a repository that lacks nothing, and one that is on another machine, are whole', async () => {
  using folder = repository()
  expect(await incompleteClone(answers([ORIGIN]), folder.path)).toBeUndefined()
  expect(await incompleteClone(answers([ORIGIN, 'remote.origin.promisor\nfalse']), folder.path)).toBeUndefined()
  expect(await incompleteClone(answers(['remote.origin.promisor']), 'https://git.invalid/app')).toBeUndefined()
  expect(await incompleteClone(answers(['remote.origin.promisor']), folder.at('none'))).toBeUndefined()
})

test.each<[string, readonly string[], string | null]>([
  ['origin', ['remote.b.url\nhttps://b.invalid/x', ORIGIN], 'https://git.invalid/app'],
  ['the first URL of two', [ORIGIN, 'remote.origin.url\nhttps://b.invalid/x'], 'https://git.invalid/app'],
  ['the only remote, whatever its name', ['remote.up.stream.url\ngit@git.invalid:app'], 'git@git.invalid:app'],
  ['none of two without an origin', ['remote.a.url\n/a', 'remote.b.url\n/b'], null],
  ['none', [], null],
])('a shallow clone is of %s', async (_, config, origin) => {
  using folder = repository(`${A}\nno commit\n`)
  expect(await incompleteClone(answers(config), folder.path)).toEqual({ kind: 'shallow clone', origin, commits: [A] })
})

test.each<[string, readonly string[]]>([
  ['a value', ['remote.b.url\nhttps://b.invalid/x', ORIGIN, 'remote.b.promisor\ntrue']],
  ['no value', ['remote.b.url\nhttps://b.invalid/x', ORIGIN, 'remote.b.promisor']],
  ['the older name', ['remote.b.url\nhttps://b.invalid/x', ORIGIN, 'extensions.partialclone\nb']],
])('a partial clone names its remote by %s', async (_, config) => {
  using folder = repository()
  const clone = { kind: 'partial clone', origin: 'https://b.invalid/x', commits: [B] }
  expect(await incompleteClone(answers(config), `file://${folder.path}`)).toEqual(clone)
})

test('a path counts from the folder', async () => {
  using folder = repository(`${A}\n`)
  const found = await incompleteClone(answers(['remote.origin.url\n../other']), folder.path)
  expect(found?.origin).toBe(folder.at('..', 'other'))
})

test('what is no regular file is not read', async () => {
  using folder = repository()
  symlinkSync('/dev/zero', folder.at('.git/shallow'))
  expect(await incompleteClone(answers([ORIGIN]), folder.path)).toBeUndefined()
})
