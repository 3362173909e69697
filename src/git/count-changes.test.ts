import { expect, test } from 'vitest'
import { parseShortStat } from './count-changes.ts'

test("reads git's own count", () => {
  expect(parseShortStat('')).toEqual({ files: 0, insertions: 0, deletions: 0 })
  expect(parseShortStat(' 1 file changed, 1 insertion(+)\n')).toEqual({ files: 1, insertions: 1, deletions: 0 })
  expect(parseShortStat(' 3 files changed, 10 insertions(+), 2 deletions(-)\n')).toEqual({
    files: 3,
    insertions: 10,
    deletions: 2,
  })
  expect(parseShortStat(' 2 files changed, 0 insertions(+), 0 deletions(-)\n')?.files).toBe(2)
  expect(parseShortStat('something else')).toBeUndefined()
})
