import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Sentences that a reader had to read twice, by their telling part. */
const PHRASES = [
  'where there is none for it',
  'may lie about',
  'berth: left',
  'once more to leave it',
  'is not to be seen',
  'turns that wait back',
  'among the turns that wait for their limits',
  'Nobody reads that',
  'For who works',
  'a hole in the kernel',
  'is no reference',
  'is no virtual machine',
  'before anyone is told',
  'ended without a word',
]

/** Whole words in any case; a line may break between them, and "back door" and "kernel-doors" are others. */
const pattern = (word: string) =>
  new RegExp(`(?<![\\w./-]|back )${word.replaceAll(/\W/g, '\\$&').replaceAll('\\ ', '\\s+')}(?![\\w/-])`, 'i')

/** What is written in a text of a word, with its surrounding; code in backticks is none of a reader's language. */
const hits = (text: string, words: readonly string[]): readonly string[] => {
  const prose = text.replaceAll(/`[^`\n]*`/g, '`')
  return words.filter((word) => pattern(word).test(prose))
}

/** The words in backticks of the last column of the glossary. */
const refused = (glossary: string): readonly string[] =>
  [...glossary.matchAll(/^\| .* \| ([^|]*) \|$/gm)].flatMap(([, not = '']) =>
    [...not.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  )

const WORDS = [...refused(read('docs/glossary.md')), ...PHRASES]
const PAGES = globSync(['*.md', 'docs/**/*.md', 'test/*.md'], { cwd: root }).filter(
  (path) => path !== 'docs/glossary.md' && path !== 'CHANGELOG.md',
)

/** Former names of parts that are good words in a sentence. */
const FORMER = ['atomic', 'ingest', 'keeper', 'leaving', 'reopened', 'sift']
const CODE_WORDS = new Set([...refused(read('docs/glossary.md')).filter((word) => /^\w+$/.test(word)), ...FORMER])
const CODE = globSync('{src,bench,scripts}/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'))

/** The refused words among the parts of a file's name and of the names that it declares. */
const namesWith = (path: string, code: string): readonly string[] => {
  const declared = [...code.matchAll(/\b(?:const|let|function\*?|class|type)\s+(\w+)/g)].map(([, name = '']) => name)
  return [path, ...declared].filter((name) =>
    name
      .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .split(/[^a-z\d]+/)
      .some((part) => CODE_WORDS.has(part)),
  )
}

describe('words', () => {
  it('the glossary names words that are looked for', () => {
    expect(WORDS).toEqual(expect.arrayContaining(['surroundings', 'door', 'obtain']))
    expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'docs/cli.md', 'docs/decisions/README.md']))
  })

  it.each(PAGES)('%s has none of them', (path) => {
    expect(hits(read(path), WORDS)).toEqual([])
  })

  it('no name in the code is made of them', () => {
    expect(CODE.length).toBeGreaterThan(500)
    expect(CODE.flatMap((path) => namesWith(path, read(path)))).toEqual([])
  })

  it('sees them in names', () => {
    const code = 'const toolbox = 1\nexport type TaskDoor = {}\nlet WORLD_OF = worlds\n'
    expect(namesWith('src/engines/host/box-log.ts', code)).toEqual([
      'src/engines/host/box-log.ts',
      'TaskDoor',
      'WORLD_OF',
    ])
  })

  it.each([
    ['We obtain a container.', ['obtain']],
    ['The Doors\nthat no task needs.', ['doors']],
    ['A kept\n  container waits.', ['kept container']],
    ['A back door, `src/egress/task-listener.ts` and test/kernel-doors.test.ts, (a trapdoor).', []],
  ] as const)('sees them in a text: %s', (text, found) => {
    expect(hits(text, WORDS)).toEqual(found)
  })
})
