import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { gitWords } from './git-words.ts'

type Input = Parameters<Git['diff']>[0]

/** Git knows the empty tree by name, there or not. */
const EMPTY_TREE = {
  40: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  64: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const

/** The options without which the caller's configuration would change a diff. */
export const PLAIN_DIFF = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--submodule=short']

/** What stands for no commit in a comparison with `other`. */
export const emptyTree = (other: string): string => EMPTY_TREE[other.length === 64 ? 64 : 40]

/** Through a file, so that a diff of any size takes no memory. */
export async function* diff(exec: Exec, input: Input): AsyncGenerator<Buffer> {
  const empty = emptyTree(input.to)
  const output = join(input.publish, `diff-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const what = input.stat ? ['--stat=100', '--summary'] : ['--binary', '--patch']
    const range = [input.from === '' ? empty : input.from, input.to === '' ? empty : input.to]
    const args = ['--git-dir', input.publish, 'diff', ...PLAIN_DIFF, ...what, `--output=${output}`, ...range, '--']
    const result = await exec(args, { limitMs: LIMIT.local, ...(input.signal && { signal: input.signal }) })
    if (!succeeded(result)) {
      const words = gitWords(result, LIMIT.local)
      throw new BerthError('internal', `compared ${input.from} with ${input.to} in ${input.publish}: ${words}`)
    }
    for await (const chunk of createReadStream(output)) yield chunk as Buffer
  } finally {
    await rm(output, { force: true })
  }
}
