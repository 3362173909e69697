import type { FileHandle } from 'node:fs/promises'

const BLOCK = 512
const PIECE = 1024 * 1024

/** The head of an entry. Names are bytes, one a character: a file system takes any, and not every one is UTF-8. */
type Head = {
  readonly type: string
  readonly path: string
  readonly target: string
  readonly mode: number
  readonly size: number
}

export type TarEntry = Head & {
  /** The entry's bytes, a piece at a time; what is not taken is skipped. */
  pieces(): AsyncGenerator<Buffer>
}

/** A name for people. */
export const shownName = (path: string): string => Buffer.from(path, 'latin1').toString('utf8')

const text = (bytes: Buffer) => {
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')
}

/** Octal digits, or GNU's base 256 where a size does not fit. NaN where it is neither, or negative. */
const number = (bytes: Buffer): number => {
  const first = bytes[0] ?? 0
  if (first >= 0x80)
    return first >= 0xc0 ? Number.NaN : bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, first & 0x3f)
  const digits = text(bytes).trim() || '0'
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** Links, devices, folders and pipes, whatever size they are given. */
const BODILESS = '123456'
/** Names and pax records, which are read whole. */
const MOST_TOLD = 1024 * 1024

const checked = (size: number, most: number, path: string): number => {
  if (Number.isSafeInteger(size) && size >= 0 && size <= most) return size
  throw new Error(`unpacked ${JSON.stringify(path.slice(0, 200))}: the archive gives it the size ${size}`)
}

const parseHeader = (block: Buffer): Head => {
  const at = (from: number, to: number) => block.subarray(from, to)
  const ustar = text(at(257, 263)) === 'ustar' && text(at(345, 500)) !== ''
  const path = ustar ? `${text(at(345, 500))}/${text(at(0, 100))}` : text(at(0, 100))
  const type = String.fromCharCode(block[156] ?? 0).replace('\0', '0')
  return { type, path, target: text(at(157, 257)), mode: number(at(100, 108)) & 0o777, size: number(at(124, 136)) }
}

/** Records `LENGTH KEY=VALUE\n` of a pax header. */
const parsePax = (bytes: Buffer): Map<string, string> => {
  const fields = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number.parseInt(bytes.subarray(at, space).toString('latin1'), 10)
    if (space < 0 || !(length > 0)) break
    const [, key = '', value = ''] =
      /^([^=]*)=([\s\S]*)\n$/.exec(bytes.subarray(space + 1, at + length).toString('latin1')) ?? []
    fields.set(key, value)
    at += length
  }
  return fields
}

const reader = (file: FileHandle) => {
  let at = 0
  const read = async (size: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(size)
    for (let filled = 0; filled < size; ) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, at)
      if (bytesRead === 0) throw new Error('the archive is cut off')
      filled += bytesRead
      at += bytesRead
    }
    return bytes
  }
  return { read, skip: (size: number) => (at += size) }
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK

type Named = { readonly path?: string; readonly target?: string; readonly size?: number; readonly sparse?: true }

/** What such an entry says of the one behind it. */
const namedBy = (type: string, bytes: Buffer): Named => {
  if (type === 'L') return { path: text(bytes) }
  if (type === 'K') return { target: text(bytes) }
  if (type !== 'x') return {}
  const pax = parsePax(bytes)
  const [path, target, size] = [pax.get('path'), pax.get('linkpath'), pax.get('size')]
  return {
    ...(path && { path }),
    ...(target && { target }),
    ...(size && { size: /^\d+$/.test(size) ? Number(size) : Number.NaN }),
    ...([...pax.keys()].some((key) => key.startsWith('GNU.sparse.')) && { sparse: true }),
  }
}

/**
 * The entries of a tar archive (ustar, GNU or pax), in their order. Throws where it is cut off, gives an entry an
 * impossible size, or has a sparse file.
 */
export async function* tarEntries(file: FileHandle): AsyncGenerator<TarEntry> {
  const from = reader(file)
  const { size: bytes } = await file.stat()
  let named: Named = {}
  for (;;) {
    const block = await from.read(BLOCK)
    if (block.every((byte) => byte === 0)) return
    const header = parseHeader(block)
    if ('LKxg'.includes(header.type)) {
      const told = await from.read(checked(header.size, MOST_TOLD, header.path))
      from.skip(padding(header.size))
      named = { ...named, ...namedBy(header.type, told) }
      continue
    }
    const head = { ...header, ...named }
    if (named.sparse || header.type === 'S') throw new Error(`unpacked ${shownName(head.path)}: it is a sparse file`)
    const told = checked(head.size, bytes, head.path)
    const size = BODILESS.includes(head.type) ? 0 : told
    let left = size
    const pieces = async function* () {
      while (left > 0) {
        const piece = await from.read(Math.min(PIECE, left))
        left -= piece.length
        yield piece
      }
    }
    yield { ...head, size, pieces }
    from.skip(left + padding(size))
    named = {}
  }
}
