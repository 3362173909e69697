import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { checkBase } from './workspace-base.ts'

const folder = temporaryFolder()
const uid = process.getuid?.() ?? 0
const at = (...names: readonly string[]) => folder.at(...names)
beforeAll(() => {
  for (const name of ['state/below', 'base', 'shared', 'open/base', 'group', 'sticky/base'])
    mkdirSync(at(name), { recursive: true })
  for (const name of ['state', 'state/below', 'base', 'sticky/base', 'open/base']) chmodSync(at(name), 0o755)
  chmodSync(at('shared'), 0o777)
  chmodSync(at('open'), 0o777)
  chmodSync(at('group'), 0o775)
  chmodSync(at('sticky'), 0o1777)
  writeFileSync(at('file'), '')
  symlinkSync(at('base'), at('link'))
  symlinkSync(at('state', 'below'), at('into'))
})
afterAll(() => folder[Symbol.dispose]())

test.each([
  ['a folder of our own', ['base'], ['base']],
  ['a link to one, by its real path', ['link'], ['base']],
  ['one in a folder where each can move only what is his', ['sticky', 'base'], ['sticky', 'base']],
])('takes %s', (_, given, real) => {
  expect(checkBase(at(...given), at('state'), uid)).toBe(realpathSync(at(...real)))
})

test.each([
  ['one that is not there', ['none'], 'there is no such folder'],
  ['a file', ['file'], 'this is not a folder'],
  ['the state folder', ['state'], 'this lies in the state folder'],
  ['a folder in it', ['state', 'below'], 'this lies in the state folder'],
  ['a link into it', ['into'], 'this lies in the state folder'],
  ['one that everybody can write to', ['shared'], 'others can write to'],
  ['one that a group can write to', ['group'], 'others can write to'],
  ['one that everybody can move', ['open', 'base'], 'others can write to'],
])('refuses %s', (_, given, why) => {
  expect(() => checkBase(at(...given), at('state'), uid)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      message: expect.stringMatching(new RegExp(`^workspace-base-dir /.*${why}`)),
    }),
  )
})

test('refuses one of another user', () => {
  // Root's folders are fine for everybody: nobody else can change them.
  const owner = uid === 0 ? 4242 : uid
  mkdirSync(at('theirs'))
  chownSync(at('theirs'), owner, owner)
  expect(() => checkBase(at('theirs'), at('state'), uid === 0 ? 0 : uid + 1)).toThrow(`belongs to uid ${owner}`)
})
