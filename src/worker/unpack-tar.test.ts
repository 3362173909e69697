import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unpackTar } from './unpack-tar.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-tar-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const entry = (name: string, type: string, size: Buffer | string, data = ''): Buffer => {
  const block = Buffer.alloc(512)
  block.write(name)
  block.write('0000644\0', 100)
  if (typeof size === 'string') block.write(size, 124)
  else size.copy(block, 124)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(data) / 512) * 512)
  padded.write(data)
  return Buffer.concat([block, padded])
}
const octal = (size: number) => `${size.toString(8).padStart(11, '0')}\0`
const base256 = (first: number, ...rest: readonly number[]) => {
  const bytes = Buffer.alloc(12, first === 0xff ? 0xff : 0)
  bytes[0] = first
  Buffer.from(rest).copy(bytes, 12 - rest.length)
  return bytes
}
const pax = (record: string) => {
  const length = record.length + 4
  const text = `${length} ${record}\n`
  return entry('pax', 'x', octal(text.length), text)
}

const unpack = (...parts: readonly Buffer[]) => {
  const archive = join(folder, 'a.tar')
  writeFileSync(archive, Buffer.concat([...parts, Buffer.alloc(1024)]))
  const to = join(folder, 'to')
  return unpackTar(archive, to, AbortSignal.timeout(10_000)).then(() => readdirSync(to))
}

describe('a size that an archive gives', () => {
  test.each([
    ['negative in base 256', [entry('a', '0', base256(0xff, 0xfe, 0x00))]],
    ['negative in base 256, of a folder', [entry('a', '1', base256(0xff, 0xfe, 0x00))]],
    ['negative in base 256, of a long name', [entry('a', 'L', base256(0xff, 0xfe, 0x00))]],
    ['negative octal', [entry('a', '3', '-0000001000\0')]],
    ['negative in a pax record', [pax('size=-1024'), entry('a', '3', octal(0))]],
    ['negative in a pax record, of a file', [pax('size=-1024'), entry('a', '0', octal(0))]],
    ['no number', [entry('a', '0', 'zzzz\0')]],
    ['no number in a pax record', [pax('size=1e3'), entry('a', '0', octal(0))]],
    ['a fraction in a pax record', [pax('size=0.5'), entry('a', '0', octal(0))]],
    ['infinite in a pax record', [pax('size=Infinity'), entry('a', '0', octal(0))]],
    ['more than the archive has', [entry('a', '0', octal(8 * 1024 ** 3 - 1))]],
    ['more than any archive has', [entry('a', '0', base256(0xbf, ...Array.from({ length: 11 }, () => 0xff)))]],
    ['more than a name has', [entry('a', 'L', octal(2 ** 32))]],
    ['more than pax records have', [entry('a', 'x', octal(2 ** 32))]],
  ])('%s: refused, and nothing spins', async (_, parts) => {
    await expect(unpack(...parts)).rejects.toThrow(/the archive gives it the size/)
  })

  test.each([
    ['octal', entry('a', '0', octal(2), 'hi')],
    ['octal with spaces', entry('a', '0', '         2 \0', 'hi')],
    ['base 256', entry('a', '0', base256(0x80, 2), 'hi')],
  ])('%s: taken', async (_, part) => {
    expect(await unpack(part)).toEqual(['a'])
    expect(readFileSync(join(folder, 'to/a'), 'utf8')).toBe('hi')
  })
})
