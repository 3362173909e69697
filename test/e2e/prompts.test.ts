import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const LINES = `first "quoted" 'single' \`tick\` $HOME $(id) \\n\nsecond 🚢 émoji ﷽\n\ttabbed; | & > <`
const MEGABYTE = `begin ${'the quick brown fox \u00e9 jumps over it. '.repeat(27_000)} end`
const WORDS = Array.from({ length: 11 }, (_, i) => `${i}`.padEnd(95_000, 'word'))

const rootful = rootfulEngines().slice(0, 1)

describe.each(rootful)('prompts arrive at the model as they were written, on $name', ({ flag }) => {
  const t = testBench('file')

  /** The model says `intact` where its request holds exactly this prompt. */
  const tell = async (prompt: string, args: readonly string[], input?: string) => {
    t.model.reset()
    t.model.load({
      steps: [{ contains: `"${JSON.stringify(prompt).slice(1, -1)}"`, text: 'it came intact' }],
      after: { text: 'it did not come' },
    })
    const ran = await t.b.run(
      ['run', '--engine', flag, '--base-url', t.model.url, ...args],
      input === undefined ? {} : { input },
    )
    expect(ran.stdout).toContain('it came intact')
    expect(ran.code).toBe(0)
  }

  test('a megabyte on stdin', () => {
    expect(Buffer.byteLength(MEGABYTE)).toBeGreaterThan(1_000_000)
    return tell(MEGABYTE, ['-'], MEGABYTE)
  })
  test('a megabyte as words of the command line', () => tell(WORDS.join(' '), WORDS))
  test('quotes, several lines, emoji', () => tell(LINES, [LINES]))
  test('the same on stdin', () => tell(LINES, ['-'], LINES))
  test('begins with --, has spaces', () => tell('--help me with this', ['--help me with this']))
  test('begins with - and an equals sign, behind --', () => tell('-x=1 is wrong', ['--', '-x=1 is wrong']))
  test('one word that begins with --, behind --', () => tell('--fix', ['--', '--fix']))
})
