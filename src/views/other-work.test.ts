import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { otherLines } from './other-work.ts'

const sha = 'a'.repeat(40)

test('other work is named with the command that takes it', () => {
  const others = [
    { name: 'side', sha, commits: 2 },
    { name: 'stash@{0}', sha },
    { name: 'vendor/lib', sha: null },
  ]
  expect(otherLines(others, 't-1')).toEqual([
    'not published: side (2 commits), stash@{0}',
    '  berth diff t-1 --branch side   # or berth checkout',
    'only in the workspace: vendor/lib',
  ])
})

test('nothing is said of nothing, and a long list is cut', () => {
  expect(otherLines(undefined)).toEqual([])
  const many = Array.from({ length: 12 }, (_, at) => ({ name: `b${at}`, sha, commits: 1 }))
  expect(otherLines(many)[0]).toContain('b9 (1 commit), 2 more')
})

test('a name is made harmless for a terminal and a shell', () => {
  expect(otherLines([{ name: "a\u001b]52;it's:main", sha }]).join('')).not.toContain('\u001b')
  expect(otherLines([{ name: "it's:main", sha }])[1]).toContain("--branch 'it'\\''s:main'")
})

test.each(['\r', '\u001b]0;\r', '\u2028', '\n', "\u001b['", "\u001b'", "'\u001b]'\u0007"])(
  'what a terminal is spared in a name (%j) takes no quote of the shell with it',
  (strange) => {
    const line = otherLines([{ name: `lib${strange}$(echo evil)'$(echo evil):main`, sha }], 't-1')[1] ?? ''
    const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`])
    expect(words.toString().trim().split('\n').slice(0, 4)).toEqual(['berth', 'diff', 't-1', '--branch'])
    expect(words.toString().split('$(echo evil)')).toHaveLength(line.split('$(echo evil)').length)
  },
)
