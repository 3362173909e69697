import { expect, test } from 'vitest'
import { patchFiles, patchStat } from './patch-files.ts'

const PATCH = [
  'diff --git a/a b.txt b/a b.txt',
  'index 1..2 100644',
  '--- a/a b.txt',
  '+++ b/a b.txt',
  '@@ -1,2 +1,3 @@',
  ' one',
  '-diff --git a/x b/x',
  '+diff --git a/y b/y',
  '+more',
  '\\ No newline at end of file',
  'diff --git "a/dir/\\303\\251\\"q" "b/dir/\\303\\251\\"q"',
  'new file mode 100644',
  '--- /dev/null',
  '+++ "b/dir/\\303\\251\\"q"',
  '@@ -0,0 +1 @@',
  '+new',
  'diff --git a/dir/pic b/dir/pic',
  'index 1..2 100644',
  'GIT binary patch',
  'literal 3',
  'Kc$@abc',
  '',
  'literal 0',
  'HcmV?d00001',
  '',
  '',
].join('\n')

const read = (wanted: (path: string) => boolean, size: number) => {
  const reader = patchFiles(wanted)
  const bytes = Buffer.from(PATCH)
  const out: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) out.push(...reader.take(bytes.subarray(at, at + size)))
  return { text: Buffer.concat(out).toString(), files: reader.files }
}

test('all of it, wherever it is cut, with its counts', () => {
  for (const size of [1, 2, 7, 1000]) {
    const { text, files } = read(() => true, size)
    expect(text).toBe(PATCH)
    expect(patchStat(files)).toBe(
      ' a b.txt | 3 (+2 -1)\n "dir/\\303\\251\\"q" | 1 (+1 -0)\n dir/pic | Bin\n 3 files changed, 3 insertions(+), 1 deletion(-)\n',
    )
  }
})

test('the wanted files alone, by the bytes of their names; a line of a file begins none', () => {
  for (const size of [1, 13, 1000]) {
    const { text, files } = read((path) => path === Buffer.from('dir/é"q').toString('latin1'), size)
    expect(files.length).toBe(1)
    expect(text.split('\n').filter((line) => line.startsWith('diff'))).toEqual([
      'diff --git "a/dir/\\303\\251\\"q" "b/dir/\\303\\251\\"q"',
    ])
    expect(text).toContain('\n+new\n')
    expect(read((path) => path === 'y' || path === 'x', size).text).toBe('')
  }
  expect(patchStat([])).toBe('')
})

test('a renamed file has its new name, whatever the length of the old one; a binary file that is only named counts', () => {
  const reader = patchFiles(() => true)
  const patch = [
    'diff --git a/a b/dir/longer name b/x',
    'similarity index 90%',
    'rename from a b/dir/longer name',
    'rename to "\\303\\251"',
    '--- a/a b/dir/longer name',
    '+++ "b/\\303\\251"',
    '@@ -1 +1 @@',
    '-rename to old',
    '+rename to new',
    'diff --git a/pic b/pic',
    'Binary files a/pic and b/pic differ',
    '',
  ].join('\n')
  expect(Buffer.concat([...reader.take(Buffer.from(patch))]).toString()).toBe(patch)
  expect(reader.files).toEqual([
    { path: '\u00c3\u00a9', shown: '"\\303\\251"', binary: false, insertions: 1, deletions: 1 },
    { path: 'pic', shown: 'pic', binary: true, insertions: 0, deletions: 0 },
  ])
})
