import { expect, test } from 'vitest'
import { keptName, nestedRef, oddRef, stashRef } from './kept-ref.ts'
import { refProblem } from './ref-name.ts'

const bytes = (text: string) => Buffer.from(text).toString('latin1')

test.each([
  ['lib', 'heads/main', 'lib:main'],
  ['a b/..é\n', 'HEAD', 'a b/..é\n:HEAD'],
  ['-x.lock', 'stash/0', '-x.lock:stash@{0}'],
  ['/tmp/beside', 'uncommitted', '/tmp/beside:uncommitted'],
])('a repository at %j has refs that git takes, and names that people read', (path, what, name) => {
  const ref = nestedRef(bytes(path), what) ?? ''
  expect(refProblem(ref)).toBeUndefined()
  expect(keptName(ref)).toBe(name)
})

test('a path that is too long has none', () => {
  expect(nestedRef('a/'.repeat(400), 'HEAD')).toBeUndefined()
})

test.each(['HEAD', '-x', 'refs/heads/a'])(
  'a branch named %s goes by another name, and is called by its own',
  (name) => {
    const ref = oddRef(name) ?? ''
    expect(refProblem(ref)).toBeUndefined()
    expect(keptName(ref)).toBe(name)
  },
)

test('branches, tags and stashes are named as git names them', () => {
  expect(keptName('refs/heads/a/b')).toBe('a/b')
  expect(keptName('refs/tags/v1')).toBe('tags/v1')
  expect(keptName(stashRef(2))).toBe('stash@{2}')
})

test.each([
  'HEAD',
  'refs/berth/other',
  'refs/berth/nested/a',
  'refs/berth/nested/a/b',
  'refs/notes/x',
  'refs/berth/stash/x',
])('%s is no ref of a worker', (ref) => expect(keptName(ref)).toBeUndefined())
