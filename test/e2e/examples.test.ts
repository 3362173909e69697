import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/index.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
/** Each costs a start of Codex. */
const FAN = TEST_ALL ? 20 : 3

describe.each(anyEngine())('an example on $name', ({ flag }) => {
  const t = testBench('test')

  const example = async (name: string, ...args: readonly string[]) => {
    const origin = `base-url = "${t.model.url}`
    const agents = `[agents.codex]\n${origin}/v1"\n\n[agents.claude]\n${origin}"\n`
    const tests = '[providers.tests]\ncommand = ["sh", "-c", "cat result.txt && grep -q right result.txt"]\n'
    writeFileSync(join(t.b.home, 'config.toml'), `${agents}\n${tests}prompt = "stdin"\noutput = "text"\n`)
    const ran = await t.b.run([join(EXAMPLES, `${name}.ts`), '--repo', t.remote.url, ...args], {
      program: process.execPath,
      env: { BERTH_ENGINE: flag, ANTHROPIC_API_KEY: 'sk-real-key-of-the-test' },
    })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    return ran.stdout
  }
  const tasks = async () => (await t.b.json<{ readonly tasks: readonly TaskRecord[] }>(['ls', '-a'])).tasks
  const shown = (ref: string, path: string) => git(t.remote.bare, ['show', `${ref}:${path}`])
  const branches = () => git(t.remote.bare, ['for-each-ref', '--format=%(refname:short)', 'refs/heads']).split('\n')

  test('fan-out must push the smallest change alone, and leave no workspace', async () => {
    const big = { text: 'a', shell: 'seq 100 > numbers.txt', times: FAN - 1 }
    const small = { text: 'b', shell: 'echo 1 > numbers.txt' }
    // The second request of each has its own call in it.
    const over = [big, small].map(({ shell }) => ({ contains: shell, times: -1, text: 'Done.' }))
    t.model.load({ steps: [...over, small, big] })
    const said = await example('fan-out', '--count', String(FAN), '--to', 'best', 'Write the numbers.')
    expect(branches()).toEqual(['best', 'main'])
    expect(shown('best', 'numbers.txt')).toBe('1')
    const made = await tasks()
    expect(made.map(({ archived, emptied, outcome }) => [archived, emptied, outcome?.result])).toEqual(
      Array.from({ length: FAN }, () => [true, true, 'done']),
    )
    expect(said).toContain('pushed to best')
  })

  test('a review by another agent must come back to the author as a further turn', async () => {
    t.model.load({
      steps: [
        { contains: 'The limit is missing', text: 'c', shell: 'echo limit >> price.txt' },
        { contains: 'Add a price list', text: 'a', shell: 'echo price > price.txt' },
        { contains: 'APPROVED', text: 'The limit is missing.' },
      ],
    })
    await example('review', 'Add a price list.')
    const made = await tasks()
    const work = made.find(({ provider }) => provider.id === 'codex')
    expect(made.map(({ provider, turns }) => [provider.id, turns.length]).sort()).toEqual([
      ['claude', 1],
      ['codex', 2],
    ])
    expect(branches()).toEqual([`berth/${work?.id}`, 'main'])
    expect(shown(`berth/${work?.id}`, 'price.txt')).toBe('price\nlimit')
  })

  test('tests that fail must send the agent back to work until they pass', async () => {
    t.model.load({
      steps: [
        { contains: 'The tests fail', text: 'b', shell: 'echo right > result.txt' },
        { contains: 'Write the result', text: 'a', shell: 'echo wrong > result.txt' },
      ],
    })
    const said = await example('retry', 'Write the result.')
    const made = await tasks()
    const work = made.find(({ provider }) => provider.id === 'codex')
    const checks = made.filter(({ provider }) => provider.id === 'tests')
    expect(work?.turns.map(({ outcome }) => outcome?.result)).toEqual(['done', 'done'])
    expect(checks.map(({ state }) => state).sort()).toEqual(['done', 'failed'])
    expect(shown(`berth/${work?.id}`, 'result.txt')).toBe('right')
    expect(said).toContain(`the tests pass on berth/${work?.id}`)
  })

  test('a stage of a pipeline must begin with what the one before has pushed', async () => {
    t.model.load({
      steps: [
        { contains: 'Write a plan', text: 'a', shell: 'echo plan > PLAN.md' },
        { contains: 'Do what PLAN.md says', text: 'b', shell: 'cp PLAN.md done.txt' },
        { contains: 'Describe the changes', text: 'c', shell: 'git mv PLAN.md CHANGES.md' },
      ],
    })
    const said = await example('pipeline', 'Add a limit.')
    const last = /document: (\S+)/.exec(said)?.[1] ?? ''
    const files = git(t.remote.bare, ['ls-tree', '--name-only', last]).split('\n')
    expect(files).toEqual(['CHANGES.md', 'README.md', 'done.txt'])
  })
})
