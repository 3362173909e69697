import type { FileHandle } from 'node:fs/promises'

export type BundleHeader = {
  /** Commits the receiver must have. */
  readonly needs: readonly string[]
  readonly refs: ReadonlyMap<string, string>
  /** Where the pack begins. */
  readonly packAt: number
  /** Objects the pack says it holds. */
  readonly objects: number
}

const MOST_HEADER = 1024 * 1024
const MAGIC = /^# v([23]) git bundle$/
const SHA = '[0-9a-f]{40}(?:[0-9a-f]{24})?'
const NEED = new RegExp(`^-(${SHA})(?: .*)?$`)
const REF = new RegExp(`^(${SHA}) (\\S+)$`)

const readHead = async (file: FileHandle): Promise<Buffer> => {
  const buffer = Buffer.alloc(MOST_HEADER)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, Math.min(64 * 1024, buffer.length - filled), filled)
    filled += bytesRead
    if (bytesRead === 0 || buffer.subarray(0, filled).includes('\n\nPACK')) break
  }
  return buffer.subarray(0, filled)
}

/** Reads a bundle's header by ourselves, strictly. A string: what is wrong with it. */
export const bundleHeader = async (file: FileHandle): Promise<BundleHeader | string> => {
  const head = await readHead(file)
  const end = head.indexOf('\n\nPACK')
  if (end < 0) return 'it has no bundle header followed by a pack'
  const packAt = end + 2
  if (head.length < packAt + 12) return 'its pack is cut off'
  const [magic = '', ...lines] = head.subarray(0, end).toString('utf8').split('\n')
  if (!MAGIC.test(magic)) return 'it is not a git bundle of version 2 or 3'
  const needs: string[] = []
  const refs = new Map<string, string>()
  for (const line of lines) {
    const need = NEED.exec(line)?.[1]
    const [, sha, ref] = REF.exec(line) ?? []
    if (need !== undefined) needs.push(need)
    else if (sha !== undefined && ref !== undefined && !refs.has(ref)) refs.set(ref, sha)
    else if (!line.startsWith('@object-format=')) return `its header has the line ${JSON.stringify(line.slice(0, 100))}`
  }
  return { needs, refs, packAt, objects: head.readUInt32BE(packAt + 8) }
}
