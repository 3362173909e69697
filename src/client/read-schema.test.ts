import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { readSchema } from './read-schema.ts'

test('a schema is read from its file, and anything else is refused with its path', async () => {
  using folder = temporaryFolder()
  const read = (text: string | Buffer, name = 'schema.json') => {
    writeFileSync(folder.at(name), text)
    return readSchema({ cwd: folder.path }, name)
  }
  expect(await read('\ufeff{"type": "object"}')).toBe('{"type": "object"}')
  await expect(read('{')).rejects.toMatchObject({
    code: 'bad-schema',
    message: expect.stringMatching(/^--output-schema schema\.json: it is not JSON: /),
  })
  await expect(read(Buffer.from([0x22, 0xff, 0x22]))).rejects.toThrow(/it is not JSON/)
  await expect(read(JSON.stringify({ title: 'x'.repeat(70_000) }))).rejects.toThrow(/at most 64 KiB/)
  await expect(readSchema({ cwd: folder.path }, 'none')).rejects.toThrow(/there is no such file/)
  await expect(readSchema({ cwd: folder.path }, '.')).rejects.toThrow(/it is a folder/)
})
