import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { readSeccomp } from './read-seccomp.ts'

test('a profile is read with the name of its file; what is none is one error', async () => {
  using folder = temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  writeFileSync(at('good.json'), '{"defaultAction": "SCMP_ACT_ERRNO"}')
  writeFileSync(at('text'), 'secret: word')
  writeFileSync(at('large'), Buffer.alloc(300_000))
  execFileSync('mkfifo', [at('pipe')])
  const text = '{"defaultAction":"SCMP_ACT_ERRNO"}'
  expect(await readSeccomp(at('good.json'))).toEqual({ from: at('good.json'), text, open: false })
  for (const [name, words] of [
    ['text', 'it is not JSON'],
    ['large', 'it is larger than 256 KiB'],
    ['pipe', 'it is not a regular file'],
    ['.', 'it is not a regular file'],
    ['none', 'there is no such file'],
    ['text/none', 'there is no such file'],
  ] as const)
    await expect(readSeccomp(at(name))).rejects.toMatchObject({
      code: 'bad-profile',
      message: expect.stringMatching(`^--seccomp-profile ${at(name)}: ${words}`),
    })
})
