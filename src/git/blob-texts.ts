import type { SpawnResult } from '../std/spawn.ts'
import { PACK_WINDOWS } from './bounded-memory.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'

const AT_ONCE = { blobs: 20_000, bytes: 32 * 1024 * 1024 }

export type SmallBlob = { readonly sha: string; readonly bytes: number }

/** Contents of blobs as `cat-file --batch` prints them, in order; one character a byte. */
function* contents(bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at)
    const size = Number(bytes.toString('latin1', at, end).split(' ')[2] ?? 0)
    yield bytes.toString('latin1', end + 1, end + 1 + size)
    at = end + size + 2
  }
}

/** So many blobs that all of their contents can be in memory. */
function* portions<T extends SmallBlob>(blobs: readonly T[]): Generator<readonly T[]> {
  let [from, bytes] = [0, 0]
  for (const [at, blob] of blobs.entries()) {
    if (at > from && (at - from >= AT_ONCE.blobs || bytes + blob.bytes > AT_ONCE.bytes)) {
      yield blobs.slice(from, at)
      from = at
      bytes = 0
    }
    bytes += blob.bytes
  }
  yield blobs.slice(from)
}

/**
 * Reads small blobs that are there, and calls `take` with the text of each, in order, one character a byte. Holds few of
 * them at once. Resolves with the end of the git that failed, if one did.
 */
export const eachBlob = async <T extends SmallBlob>(
  exec: Exec,
  { repository, signal }: { readonly repository: string; readonly signal?: AbortSignal | undefined },
  blobs: readonly T[],
  take: (blob: T, text: string) => void,
): Promise<SpawnResult | undefined> => {
  for (const asked of portions(blobs)) {
    if (asked.length === 0) continue
    const result = await exec([...PACK_WINDOWS, '--git-dir', repository, 'cat-file', '--batch'], {
      limitMs: LIMIT.local,
      stdin: asked.map(({ sha }) => `${sha}\n`).join(''),
      ...(signal && { signal }),
    })
    if (!succeeded(result)) return result
    let at = 0
    for (const text of contents(result.stdout)) take(asked[at++] as T, text)
  }
  return undefined
}
