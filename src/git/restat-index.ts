import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'

const HEADER = 12
/** Of an entry before its object id: ten numbers of 4 bytes. */
const STAT = 40
const FLAGS = 2
const AT_ONCE = 500

const later = () => new Promise<void>((resolve) => setImmediate(resolve))

const seconds = (ns: bigint): readonly [number, number] => [
  Number(ns / 1_000_000_000n) >>> 0,
  Number(ns % 1_000_000_000n),
]

/**
 * Writes into an index (version 2, as git writes it by itself) what the files' times and owners are now: they were given
 * away after they were checked out. Their contents are known, so nothing is read or compared again.
 */
export const restatIndex = async (index: Buffer, tree: string, kind: 'sha1' | 'sha256'): Promise<Buffer> => {
  const idBytes = kind === 'sha1' ? 20 : 32
  if (index.toString('latin1', 0, 4) !== 'DIRC' || index.readUInt32BE(4) !== 2)
    throw new Error('an index of another version')
  const out = Buffer.from(index)
  const root = Buffer.from(`${tree}/`)
  const count = index.readUInt32BE(8)
  for (let n = 0, at = HEADER; n < count; n += 1) {
    const name = at + STAT + idBytes + FLAGS
    const end = index.indexOf(0, name)
    // A name may be any bytes.
    const path = Buffer.concat([root, index.subarray(name, end)])
    const { ctimeNs, mtimeNs, uid, gid, ino, dev } = lstatSync(path, { bigint: true })
    const numbers = [...seconds(ctimeNs), ...seconds(mtimeNs), Number(dev & 0xffffffffn), Number(ino & 0xffffffffn)]
    for (const [i, number] of numbers.entries()) out.writeUInt32BE(number, at + 4 * i)
    out.writeUInt32BE(Number(uid), at + 28)
    out.writeUInt32BE(Number(gid), at + 32)
    at += Math.ceil((end + 1 - at) / 8) * 8
    if (n % AT_ONCE === AT_ONCE - 1) await later()
  }
  createHash(kind)
    .update(out.subarray(0, -idBytes))
    .digest()
    .copy(out, out.length - idBytes)
  return out
}
