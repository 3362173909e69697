import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { formatBytes } from '../std/bytes.ts'
import { PACK_WINDOWS } from './bounded-memory.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { gitWords } from './git-words.ts'
import { type RawChange, rawChanges } from './raw-changes.ts'
import { saidInNames, saidInPatch, saidInStat } from './said-changes.ts'

type Input = Parameters<Git['diff']>[0]

/** Git knows the empty tree by name, there or not. */
const EMPTY_TREE = {
  40: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  64: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
} as const

/** What stands for no commit in a comparison with `other`. */
export const emptyTree = (other: string): string => EMPTY_TREE[other.length === 64 ? 64 : 40]

/** The options without which the caller's configuration would change a diff. */
export const PLAIN_DIFF = [
  ...['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--submodule=short'],
  ...['--src-prefix=a/', '--dst-prefix=b/', '--ignore-submodules=none'],
]
/** A file that has more is said and not compared: git compares in memory. */
const MOST_BLOB = 32 * 1024 ** 2
const MOST_HUGE = 1000
const MOST_MEMORY = 2 * 1024 ** 3
const MOST_OUTPUT = 1024 ** 3

const isHuge = ({ before, after }: RawChange): boolean => Math.max(before.bytes, after.bytes) > MOST_BLOB

/** Git takes arguments as text: a byte that is none stands as any byte. */
const pathspec = (path: string): string => {
  const text = Buffer.from(path, 'latin1').toString()
  if (!isMasked(path)) return `:(exclude,literal)${text}`
  return `:(exclude,glob)${mask(path.replace(/[*?[\\]/g, '\\$&'))}`
}

const mask = (path: string): string => path.replace(/[\x80-\xff]/g, '?')
const isMasked = (path: string): boolean => Buffer.from(path, 'latin1').toString().includes('\ufffd')

/** What git shall not look into: what is huge, and what git cannot be told apart from it. */
const leftOut = (changes: readonly RawChange[]): readonly RawChange[] => {
  const huge = changes.filter(isHuge)
  const masks = new Set(huge.filter(({ path }) => isMasked(path)).map(({ path }) => mask(path)))
  return changes.filter((change) => isHuge(change) || masks.has(mask(change.path)))
}

/** Git does not put the prefixes before the names of a rename. */
const belowOptions = ({ below }: Input): readonly string[] =>
  below === undefined ? [] : [`--src-prefix=a/${below}/`, `--dst-prefix=b/${below}/`, '--no-renames']

const compare = async (
  exec: Exec,
  input: Input,
  range: readonly string[],
  output: string,
  paths: readonly string[],
) => {
  const patch = [...(input.binary === false ? [] : ['--binary']), '--patch', ...belowOptions(input)]
  const what = input.stat ? ['--stat=100', '--summary'] : input.names ? ['--name-only'] : patch
  const args = [...PACK_WINDOWS, '--git-dir', input.publish, 'diff']
  const result = await exec([...args, ...PLAIN_DIFF, ...what, `--output=${output}`, ...range, '--', ...paths], {
    limitMs: LIMIT.local,
    maxMemory: MOST_MEMORY,
    maxFile: MOST_OUTPUT,
    ...(input.signal && { signal: input.signal }),
  })
  if (succeeded(result)) return
  if (result.signal === 'SIGXFSZ' || /File too large/.test(result.stderr))
    throw new BerthError('not-allowed', `the comparison has more than ${formatBytes(MOST_OUTPUT)}`, {
      hint: '`berth diff --stat` shows only counts. `berth checkout` gets the branch.',
    })
  const words = gitWords(result, LIMIT.local)
  throw new BerthError('internal', `compared ${input.from} with ${input.to} in ${input.publish}: ${words}`)
}

/** How a change that is not compared is told. */
const wordsFor = ({ stat, names, below }: Input): ((change: RawChange) => string) => {
  if (stat) return saidInStat
  if (names) return saidInNames
  return below === undefined ? saidInPatch : (change) => saidInPatch({ ...change, path: `${below}/${change.path}` })
}

/** Through a file, and without what is huge, so that a diff of any size takes no memory. */
export async function* diff(exec: Exec, input: Input): AsyncGenerator<Buffer> {
  const empty = emptyTree(input.to)
  const [from, to] = [input.from === '' ? empty : input.from, input.to === '' ? empty : input.to]
  const wanted = (input.paths ?? []).map((path) => `:(top,literal)${path}`)
  const changes = await rawChanges(exec, {
    repository: input.publish,
    from,
    to,
    paths: wanted,
    ...(input.signal && { signal: input.signal }),
  })
  const said = leftOut(changes)
  if (said.length > MOST_HUGE)
    throw new BerthError('not-allowed', `it changes ${said.length} files of more than ${formatBytes(MOST_BLOB)}`)
  const all = wanted.length === 0 ? ['.'] : wanted
  const told = wordsFor(input)
  const output = join(input.publish, `diff-${randomBytes(6).toString('hex')}.tmp`)
  try {
    if (said.length < changes.length) {
      await compare(
        exec,
        input,
        [from, to],
        output,
        said.length === 0 ? wanted : [...all, ...said.map(({ path }) => pathspec(path))],
      )
      for await (const chunk of createReadStream(output)) yield chunk as Buffer
    }
    for (const change of said) yield Buffer.from(told(change))
  } finally {
    await rm(output, { force: true })
  }
}
