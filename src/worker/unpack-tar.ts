import { type FileHandle, link, mkdir, open, rm, symlink } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'

const BLOCK = 512
const PIECE = 1024 * 1024

/** Names are bytes, one a character: a file system takes any, and not every one is UTF-8. */
type Entry = {
  readonly type: string
  readonly path: string
  readonly target: string
  readonly mode: number
  readonly size: number
}

const bytesOf = (path: string) => Buffer.from(path, 'latin1')

const shown = (path: string) => bytesOf(path).toString('utf8')

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

/** Names and pax records, which are read whole. */
const MOST_TOLD = 1024 * 1024

const checked = (size: number, most: number, path: string): number => {
  if (Number.isSafeInteger(size) && size >= 0 && size <= most) return size
  throw new Error(`unpacked ${JSON.stringify(path.slice(0, 200))}: the archive gives it the size ${size}`)
}

const parseHeader = (block: Buffer): Entry => {
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

const within = (folder: string, path: string): string => {
  const clean = normalize(path).replace(/^\/+/, '')
  if (clean.split('/').includes('..')) throw new Error(`unpacked ${shown(path)}: it leads out of the folder`)
  return join(folder, clean)
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

type Reader = ReturnType<typeof reader>
const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK

const writeFile = async (from: Reader, target: string, entry: Entry) => {
  await rm(bytesOf(target), { recursive: true, force: true })
  const file = await open(bytesOf(target), 'wx', entry.mode)
  try {
    for (let left = entry.size; left > 0; left -= PIECE) await file.write(await from.read(Math.min(PIECE, left)))
    await file.chmod(entry.mode)
  } finally {
    await file.close()
  }
  from.skip(padding(entry.size))
}

const putEntry = async (from: Reader, folder: string, entry: Entry, links: boolean) => {
  const target = within(folder, entry.path)
  if (entry.type === '5') {
    await mkdir(bytesOf(target), { recursive: true })
    return
  }
  await mkdir(bytesOf(dirname(target)), { recursive: true })
  if (entry.type === '0' || entry.type === '7') return writeFile(from, target, entry)
  if (!links || (entry.type !== '1' && entry.type !== '2')) return void from.skip(entry.size + padding(entry.size))
  await rm(bytesOf(target), { recursive: true, force: true })
  if (entry.type === '2') await symlink(bytesOf(entry.target), bytesOf(target))
  else await link(bytesOf(within(folder, entry.target)), bytesOf(target))
}

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

/** Unpacks a tar archive (ustar, GNU or pax) of files, folders and, unless they are not wanted, links. Devices and pipes are left out, sparse files refused. */
export const unpackTar = async (
  archive: string,
  folder: string,
  signal: AbortSignal,
  { links }: { readonly links: boolean } = { links: true },
): Promise<void> => {
  const into = Buffer.from(folder).toString('latin1')
  const file = await open(archive, 'r')
  try {
    const from = reader(file)
    const { size: bytes } = await file.stat()
    let named: Named = {}
    for (;;) {
      signal.throwIfAborted()
      const block = await from.read(BLOCK)
      if (block.every((byte) => byte === 0)) return
      const header = parseHeader(block)
      if ('LKxg'.includes(header.type)) {
        const told = await from.read(checked(header.size, MOST_TOLD, header.path))
        from.skip(padding(header.size))
        named = { ...named, ...namedBy(header.type, told) }
        continue
      }
      const entry = { ...header, ...named }
      if (named.sparse || header.type === 'S') throw new Error(`unpacked ${shown(entry.path)}: it is a sparse file`)
      await putEntry(from, into, { ...entry, size: checked(entry.size, bytes, entry.path) }, links)
      named = {}
    }
  } finally {
    await file.close()
  }
}
