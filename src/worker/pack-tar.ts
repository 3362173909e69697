import { constants, lstatSync, readdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'

const BLOCK = 512
const PIECE = 1024 * 1024
const LONGEST = 100

/** Names are bytes, one a character: a file system takes any, and not every one is UTF-8. */
type Found = { readonly path: string; readonly bytes: number }

const namesOf = (text: string) => Buffer.from(text).toString('latin1')
const bytesOf = (path: string) => Buffer.from(path, 'latin1')

/** Regular files at or below `path`, no link followed. */
function* filesBelow(folder: string, path: string): Generator<Found> {
  const at = bytesOf(join(folder, path))
  const stats = lstatSync(at, { throwIfNoEntry: false })
  if (stats?.isFile()) yield { path, bytes: stats.size }
  if (stats?.isDirectory() !== true) return
  for (const name of readdirSync(at, 'latin1').sort()) yield* filesBelow(folder, `${path}/${name}`)
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

/** A header as tar has it, GNU's way; the sum is over its bytes, with spaces where the sum stands. */
const header = (name: Buffer, bytes: number, type: '0' | 'L'): Buffer => {
  const block = Buffer.alloc(BLOCK)
  name.copy(block, 0, 0, LONGEST)
  block.write(octal(0o600, 8) + octal(0, 8) + octal(0, 8) + octal(bytes, 12) + octal(0, 12), 100, 'latin1')
  block.write(`        ${type}`, 148, 'latin1')
  block.write('ustar  \0', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

const padded = (bytes: number) => Math.ceil(bytes / BLOCK) * BLOCK

const entryHead = (path: string, bytes: number): Buffer => {
  const name = bytesOf(path)
  if (name.length <= LONGEST) return header(name, bytes, '0')
  const long = Buffer.alloc(padded(name.length + 1))
  name.copy(long)
  return Buffer.concat([header(Buffer.from('././@LongLink'), name.length + 1, 'L'), long, header(name, bytes, '0')])
}

/** Exactly the bytes that the header told: a file that has become shorter is filled up. */
const putFile = async (to: FileHandle, from: string, { path, bytes }: Found): Promise<void> => {
  const file = await open(bytesOf(from), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    await to.write(entryHead(path, bytes))
    const piece = Buffer.alloc(Math.min(PIECE, padded(bytes)))
    for (let left = bytes; left > 0; left -= PIECE) {
      const size = Math.min(PIECE, left)
      piece.fill(0)
      await file.read(piece, 0, size)
      await to.write(piece, 0, padded(size))
    }
  } finally {
    await file.close()
  }
}

/**
 * Packs the regular files at or below these paths of a folder into a tar archive. The bytes of the files; no archive, and
 * null, where there are none, or where they have more than `maxBytes`.
 */
export const packTar = async (
  folder: string,
  paths: readonly string[],
  options: { readonly to: string; readonly maxBytes: number },
): Promise<number | null | 'too-large'> => {
  const top = namesOf(folder)
  const files: Found[] = []
  let total = 0
  for (const path of paths)
    for (const found of filesBelow(top, namesOf(path))) {
      total += found.bytes
      if (total > options.maxBytes) return 'too-large'
      files.push(found)
    }
  if (files.length === 0) return null
  const to = await open(options.to, 'wx', 0o644)
  try {
    for (const found of files) await putFile(to, join(top, found.path), found)
    await to.write(Buffer.alloc(2 * BLOCK))
  } finally {
    await to.close()
  }
  return total
}
