import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { readApparmor } from './read-apparmor.ts'

test('a profile is meant by its name or its file, and must be loaded where the kernel says which are', async () => {
  using folder = temporaryFolder()
  const at = (name: string) => join(folder.path, name)
  writeFileSync(at('loaded'), 'docker-default (enforce)\n/usr/bin/man (enforce)\nmy agent (complain)\n')
  writeFileSync(at('mine'), '#include <tunables/global>\n\nprofile "my agent" flags=(attach_disconnected) {\n}\n')
  writeFileSync(at('other'), 'abi <abi/3.0>,\nprofile other flags=(complain) {\n}\n')
  writeFileSync(at('empty'), '# profile x {\n')
  const read = (asked: string) => readApparmor(asked, at('loaded'))
  expect(await read('docker-default')).toBe('docker-default')
  expect(await read('/usr/bin/man')).toBe('/usr/bin/man')
  expect(await read('unconfined')).toBe('unconfined')
  expect(await read(at('mine'))).toBe('my agent')
  await expect(read('nobody')).rejects.toMatchObject({
    code: 'bad-profile',
    message: '--apparmor-profile nobody: the kernel has no profile nobody loaded',
  })
  await expect(read(at('other'))).rejects.toMatchObject({
    message: `--apparmor-profile ${at('other')}: the kernel has no profile other loaded`,
    hint: expect.stringContaining(`apparmor_parser -r ${at('other')}`),
  })
  await expect(read(at('empty'))).rejects.toMatchObject({ message: expect.stringContaining('it names no profile') })
  await expect(read(at('none'))).rejects.toMatchObject({ message: expect.stringContaining('there is no such file') })
  execFileSync('mkfifo', [at('pipe')])
  for (const none of [at('pipe'), '/dev/zero'])
    await expect(read(none)).rejects.toMatchObject({
      code: 'bad-profile',
      message: `--apparmor-profile ${none}: it is not a regular file`,
    })
  // Who may not read the list leaves the question to the engine.
  expect(await readApparmor('nobody', at('no-list'))).toBe('nobody')
  expect(await readApparmor('nobody', null)).toBe('nobody')
})
