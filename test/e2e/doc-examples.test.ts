import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/plan/plan.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { docExamples } from '../fixtures/doc-examples.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { commitFiles, makeBare } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const KEYS = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GEMINI_API_KEY: 'k' }
const examples = docExamples('docs/providers.md').filter(({ words }) => words[0] === 'start')

/** What the words after a flag of an example say. */
const given = (words: readonly string[], flag: string): string | undefined => {
  const at = words.indexOf(flag)
  return at < 0 ? undefined : words[at + 1]
}

describe.each(anyEngine())('examples of docs/providers.md on $name', ({ flag }) => {
  const folder = temporaryFolder('berth-examples-')
  let b: Berth
  let cwd: string
  beforeAll(() => {
    b = berth()
    const bare = makeBare(folder.at('app.git'), { 'README.md': 'x\n', 'src/a.txt': 'a\n' })
    cwd = `${bare}.work`
    commitFiles(cwd, {}, 'second')
  })
  afterAll(async () => {
    await b.close()
    folder[Symbol.dispose]()
  })

  test('they must be of each agent', () => {
    expect(examples.map(({ words }) => given(words, '--agent'))).toEqual(['codex', 'claude', 'gemini', 'opencode'])
  })

  test.each(examples)('$text', async ({ words }) => {
    const [verb = '', ...rest] = words
    const ran = await b.run([verb, '--dry-run', '--json', '--engine', flag, ...rest], { cwd, env: KEYS })
    expect(ran).toMatchObject({ code: 0 })
    const plan = JSON.parse(ran.stdout) as Plan
    expect(plan.provider).toBe(given(words, '--agent'))
    const argv = plan.order.run?.argv.join(' ') ?? ''
    const model = given(words, '--model')
    if (model !== undefined) expect(JSON.stringify(plan.order.run)).toContain(model)
    const option = given(words, '-c')
    if (option !== undefined) expect(argv).toContain(option.split('=')[1])
    const own = words.includes('--') ? words.slice(words.indexOf('--') + 1) : []
    for (const word of own) expect(argv).toContain(word)
    // What is the container's is in no argument of the agent.
    const container = JSON.stringify(plan.container)
    const volume = given(words, '--container-volume')?.split(':')[1]
    const label = given(words, '--container-label')?.split('=')[1]
    const pids = given(words, '--container-pids')
    for (const word of [volume, label, pids].filter((one) => one !== undefined)) {
      expect(container).toContain(word)
      expect(argv).not.toContain(word)
    }
    expect((await b.run(['ls', '-a', '--json'])).stdout).toContain('"tasks":[]')
  })
})
