import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { IMAGE_PROBE, readFit } from './image-probe.ts'

/** What the probe says of this machine, as of an image with that user. */
const look = (user: string) =>
  readFit(execFileSync(process.execPath, ['-e', IMAGE_PROBE, '--', user], { encoding: 'utf8' }))

test('a shell that runs, a /tmp for everybody, and users by number or by a name that is known', () => {
  for (const user of ['', '0', '4242:4343', 'root', 'root:root', 'root:0'])
    expect(look(user)).toEqual({ shell: true, temporary: true, unknown: [] })
})

test('names that the image does not know', () => {
  expect(look('nosuch')?.unknown).toEqual(['nosuch'])
  expect(look('nosuch:neither')?.unknown).toEqual(['nosuch', 'neither'])
  // The beginning of a name is no name.
  expect(look('roo')?.unknown).toEqual(['roo'])
})

test.each(['', 'null', 'true', '{"shell":true}', 'error while loading shared libraries'])(
  '%j tells nothing',
  (text) => {
    expect(readFit(text)).toBeUndefined()
  },
)
