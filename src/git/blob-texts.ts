import { PACK_WINDOWS } from './bounded-memory.ts'
import { type Exec, LIMIT } from './exec.ts'

const AT_ONCE = 20_000

/** Contents of blobs as `cat-file --batch` prints them, in order; one character a byte. */
const contents = (bytes: Buffer): readonly string[] => {
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at)
    const size = Number(bytes.toString('latin1', at, end).split(' ')[2] ?? 0)
    found.push(bytes.toString('latin1', end + 1, end + 1 + size))
    at = end + size + 2
  }
  return found
}

/** Contents of small blobs that are there, in order; one character a byte. */
export const blobTexts = async (
  exec: Exec,
  { repository, signal }: { readonly repository: string; readonly signal?: AbortSignal | undefined },
  shas: readonly string[],
): Promise<readonly string[]> => {
  const texts: string[] = []
  for (let at = 0; at < shas.length; at += AT_ONCE) {
    const asked = shas.slice(at, at + AT_ONCE)
    const { stdout } = await exec([...PACK_WINDOWS, '--git-dir', repository, 'cat-file', '--batch'], {
      limitMs: LIMIT.local,
      stdin: asked.map((sha) => `${sha}\n`).join(''),
      ...(signal && { signal }),
    })
    texts.push(...contents(stdout))
  }
  return texts
}
