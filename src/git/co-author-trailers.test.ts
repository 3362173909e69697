import { expect, test } from 'vitest'
import { withCoAuthors } from './co-author-trailers.ts'
import { messageText, readCommit, writeCommit } from './commit-object.ts'

const ADA = { name: 'Ada', email: 'ada@example.org' }
const BO = { name: 'Bo', email: 'bo@example.org' }

const commit = (message: string | Buffer, more = '', author = 'Test <test@example.org>') =>
  readCommit(
    Buffer.concat([
      Buffer.from(`tree ${'a'.repeat(40)}\nauthor ${author} 1 +0000\ncommitter C <c@d> 1 +0000\n${more}\n`),
      Buffer.from(message),
    ]),
  )

test.each([
  ['subject\n', 'subject\n\nT\n'],
  ['subject', 'subject\n\nT\n'],
  ['subject\n\nbody\n\n\n', 'subject\n\nbody\n\nT\n'],
  ['subject\n\nBerth-Task: t-1\n', 'subject\n\nBerth-Task: t-1\nT\n'],
  [
    'subject\n\nA: b\n c\n(cherry picked from commit 12ab)\n',
    'subject\n\nA: b\n c\n(cherry picked from commit 12ab)\nT\n',
  ],
  ['subject\n\nsee: this\nand that\n', 'subject\n\nsee: this\nand that\n\nT\n'],
  ['fix: subject\n', 'fix: subject\n\nT\n'],
  ['', '\n\nT\n'],
])('%j becomes %j', (before, after) => {
  const { message } = withCoAuthors(commit(before), [ADA])
  expect(message).toBe(after.replace(/T\n$/, 'Co-authored-by: Ada <ada@example.org>\n'))
  // A second time nothing is added.
  expect(withCoAuthors({ ...commit(before), message }, [ADA]).message).toBe(message)
})

test('each is named once, and the author not at all', () => {
  const named = (message: string, author?: string) => withCoAuthors(commit(message, '', author), [ADA, BO, ADA]).message
  expect(named('s\n')).toBe('s\n\nCo-authored-by: Ada <ada@example.org>\nCo-authored-by: Bo <bo@example.org>\n')
  expect(named('s\n\nco-authored-by: A. <ADA@example.org>\n')).toBe(
    's\n\nco-authored-by: A. <ADA@example.org>\nCo-authored-by: Bo <bo@example.org>\n',
  )
  expect(named('s\n', 'Other Name <Ada@Example.org>')).toBe('s\n\nCo-authored-by: Bo <bo@example.org>\n')
  const same = commit('s\n\n')
  expect(withCoAuthors(same, [])).toBe(same)
})

test('a message in another encoding keeps its bytes, and becomes UTF-8 where a name needs it', () => {
  const latin = commit(Buffer.from('gr\xfcn\n', 'latin1'), 'encoding ISO-8859-1\n')
  const bytes = (name: string) => writeCommit(withCoAuthors(latin, [{ name, email: 'x@y' }])).toString('latin1')
  expect(bytes('X')).toContain('encoding ISO-8859-1\n\ngr\xfcn\n\nCo-authored-by: X <x@y>\n')
  const utf8 = Buffer.from(bytes('山'), 'latin1').toString('utf8')
  expect(utf8).toContain('\n\ngrün\n\nCo-authored-by: 山 <x@y>\n')
  expect(utf8).not.toContain('encoding')
  expect(messageText(latin)).toBe('grün\n')
})

test('bytes of no encoding go through as they are', () => {
  const odd = commit(Buffer.from([0x73, 0xff, 0xfe, 0x0a]))
  expect(messageText(odd)).toBeNull()
  expect(Buffer.from(withCoAuthors(odd, [{ name: '山', email: 'x@y' }]).message, 'latin1').subarray(0, 3)).toEqual(
    Buffer.from([0x73, 0xff, 0xfe]),
  )
})
