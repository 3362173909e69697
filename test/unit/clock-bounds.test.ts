import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
/** An expectation that elapsed time stays below a number: it is red on a slow machine. */
const BOUND =
  /(performance\.now\(\)|Date\.now\(\)) - |\b(seconds|ms|millis|elapsed|took)\b(\(.*?\))?\)\.(not\.)?toBeLess/
const files = globSync(['test/**/*.ts', 'src/**/*.test.ts'], { cwd: ROOT }).filter(
  (file) => !file.endsWith('clock-bounds.test.ts'),
)

test('no test expects something within a number of seconds', () => {
  const found = files.flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .filter((line) => line.includes('toBeLess') && BOUND.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(found).toEqual([])
})
