import type { FileHandle } from 'node:fs/promises'
import type { BundleHeader } from './bundle-header.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import { gitWords } from './git-words.ts'
import { objectTypes } from './object-types.ts'
import { unlock } from './unlock.ts'

const MOST_OBJECTS = 5_000_000

type Input = {
  readonly exec: Exec
  readonly file: FileHandle
  readonly header: BundleHeader
  readonly publish: string
  readonly maxBytes: number
  readonly signal?: AbortSignal
}

/**
 * Puts a bundle's pack into `publish`. `--strict` is what transfer.fsckObjects does in a fetch: each object is checked
 * (warnings count as errors: `.git` in any spelling, `..`, bad modes, .gitmodules tricks), and each object that one
 * names must be in the pack or the mirror. Undefined, or why it was refused; nothing stays then.
 */
export const storePack = async (input: Input): Promise<string | undefined> => {
  const { exec, header, publish } = input
  if (header.objects > MOST_OBJECTS) return `it claims to hold ${header.objects} objects`
  if (header.objects === 0) return undefined
  const stdin = input.file.createReadStream({ start: header.packAt, autoClose: false })
  const index = ['index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${input.maxBytes}`]
  const signal = input.signal && { signal: input.signal }
  const result = await exec(['--git-dir', publish, ...index], { limitMs: LIMIT.push, stdin, ...signal }).finally(() =>
    stdin.destroy(),
  )
  if (succeeded(result)) return undefined
  await unlock(publish)
  const types = await objectTypes(exec, publish, header.needs, input.signal)
  const missing = header.needs.find((_, at) => types[at] !== 'commit')
  if (missing !== undefined) return `it builds on commit ${missing}, which the mirror does not have`
  return `git refused it: ${gitWords(result, LIMIT.push)}`
}
