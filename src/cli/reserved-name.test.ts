import { describe, expect, it } from 'vitest'
import { isReservedPath } from './reserved-name.ts'

describe('a path that no work may bring', () => {
  it.each([
    ...[
      '.git/config',
      '.GIT/config',
      'a/.Git',
      '.git./x',
      '.git /x',
      '.git. . /x',
      'GIT~1/x',
      '.git::$INDEX_ALLOCATION/x',
    ],
    ...['a\\.git\\config', '.g\u200cit/x', '../x', 'a/../x', './x', '/x', 'a//x', ''],
  ])('%j', (path) => expect(isReservedPath(path)).toBe(true))

  it.each(['.gitignore', '.github/x', 'git/x', 'a.git/x', 'x/git~', '.gitmodules', '...'])('and not %j', (path) =>
    expect(isReservedPath(path)).toBe(false),
  )
})
