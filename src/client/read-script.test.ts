import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { readScript } from './read-script.ts'

test('a startup script is read from its file, and anything else is refused with its path', async () => {
  using folder = temporaryFolder()
  const read = (text: string | Buffer, name = 'tools.sh') => {
    writeFileSync(folder.at(name), text)
    return readScript({ cwd: folder.path }, name)
  }
  expect(await read('#!/bin/sh\necho ä\n')).toBe('#!/bin/sh\necho ä\n')
  await expect(read('')).rejects.toMatchObject({
    code: 'bad-file',
    message: '--startup-script tools.sh: it is empty',
  })
  await expect(read(Buffer.from([0x7f, 0x45, 0xff]))).rejects.toThrow(/it is not a text in UTF-8/)
  await expect(read('x'.repeat(256 * 1024 + 1))).rejects.toThrow(/a startup script at most 256 KiB/)
  await expect(readScript({ cwd: folder.path }, 'none')).rejects.toThrow(/there is no such file/)
  await expect(readScript({ cwd: folder.path }, '.')).rejects.toThrow(/it is a folder/)
})
