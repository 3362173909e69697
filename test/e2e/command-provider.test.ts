import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RulesAnswer } from '../../src/api/answers.ts'
import { anyEngine } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { taskOf } from '../fixtures/workshop.ts'

const AGENTS = join(import.meta.dirname, '../fixtures/agents')
const TABLE = readFileSync(join(AGENTS, 'scripted.toml'), 'utf8')
const KEY = 'key-of-the-scripted-agent'

const engines = anyEngine()

describe.each(engines)('an agent of the config file on $name', ({ flag, name }) => {
  const t = testBench('file', () => ({ berth: { env: { SCRIPTED_API_KEY: KEY } } }))

  const configure = (toml: string) => writeFileSync(join(t.b.home, 'config.toml'), toml)
  /** Without tools of its own it is known by its messages alone. */
  const load = (scenario: Scenario) => t.model.load({ key: KEY, ...scenario })
  const run = async (...args: readonly string[]) => {
    const repository = ['--repo', t.remote.url, '--branch', 'main', '--volume', `${AGENTS}:/agents:ro`]
    const ran = await t.b.run([
      'run',
      '--engine',
      flag,
      '--agent',
      'scripted',
      '--base-url',
      `${t.model.url}/v1`,
      ...repository,
      ...(args.includes('--') ? args : [...args, 'first prompt']),
    ])
    return { ...ran, id: taskOf(ran) }
  }

  test('an agent by configuration alone: a pushed commit, and a further turn in its session by the table of its own', async () => {
    configure(TABLE)
    const usage = { input: 70, output: 7 }
    load({
      steps: [
        { text: 'I write.', shell: 'echo one > one.txt; exit 3', usage },
        { text: 'done one', usage },
      ],
    })
    const ran = await run('--model', 'tiny')
    expect(ran.code, ran.stderr).toBe(0)
    const first = await t.b.status(ran.id)
    expect(first).toMatchObject({
      state: 'done',
      provider: { id: 'scripted', version: null, model: 'tiny' },
      usage: { inputTokens: 140, outputTokens: 14 },
    })
    expect(git(t.remote.bare, ['show', `berth/${ran.id}:one.txt`])).toBe('one')
    const ends = (await t.b.events(ran.id)).filter((event) => event.type === 'agent.tool.end')
    expect(ends).toMatchObject([{ name: 'bash', ok: false, exitCode: 3 }])

    // What becomes of the table is not for a task that has one.
    configure('')
    load({ after: { contains: 'first prompt', text: 'I saw it.' } })
    await t.b.run(['send', ran.id, 'second prompt'])
    expect((await t.b.run(['wait', ran.id])).code).toBe(0)
    const record = await t.b.status(ran.id)
    expect(record.session).toBe(first.session)
    expect(record.session).toMatch(/^s-/)
    expect(t.model.requests.at(-1)).toMatchObject({ model: 'tiny', last: 'second prompt', messages: 5 })
    expect((await run()).stderr).toContain('known: codex, claude, gemini, opencode')
  })

  test.each([
    ['file', ['--file', '{prompt_file}']],
    ['argument', ['--prompt', '{prompt}']],
  ] as const)('the prompt by %s, output as text', async (prompt, words) => {
    const command = ['node', '/agents/scripted.mjs', '--text', ...words]
    const table = { prompt, key: 'SCRIPTED_API_KEY' }
    const lines = Object.entries(table).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    configure(
      `[providers.scripted]\ncommand = ${JSON.stringify(command)}\n${lines.join('\n')}\n[providers.scripted.env]\nSCRIPTED_KEY = "{key}"\nSCRIPTED_URL = "{base_url}"\n`,
    )
    load({ after: { text: 'plain words' } })
    const ran = await run()
    expect(ran.code, ran.stderr).toBe(0)
    expect(ran.stdout).toContain('plain words')
    expect(t.model.requests.at(-1)?.last).toBe('first prompt')
    expect(readFileSync(join(t.b.home, 'tasks', ran.id, 'events.jsonl'), 'utf8')).not.toContain(KEY)
  })

  test('failures have their class: by the gateway, by exit code, by words', async () => {
    configure(TABLE)
    const outcome = async (scenario: Scenario, ...flags: readonly string[]) => {
      load(scenario)
      const { id, stderr } = await run(...flags)
      expect(id, stderr).not.toBe('')
      return (await t.b.status(id)).outcome
    }
    expect(await outcome({ key: 'another' })).toMatchObject({ result: 'failed', class: 'auth' })
    const limited = { after: { status: 429, error: { message: 'slow down' } } }
    expect(await outcome(limited, '--rate-limit', 'fail')).toMatchObject({ class: 'rate-limit', exitCode: 4 })
    expect(await outcome({ after: { status: 400, error: { message: 'the context window is full' } } })).toMatchObject({
      class: 'context',
      reason: expect.stringContaining('context window'),
    })
    expect(await outcome({}, 'the prompt', '--', '--nonsense')).toMatchObject({
      class: 'agent',
      exitCode: 2,
      reason: expect.stringContaining("Unknown option '--nonsense'"),
    })
    configure(TABLE.replace('"node"', '"no-such-agent"'))
    expect(await outcome({})).toMatchObject({ class: 'setup', reason: expect.stringContaining('no-such-agent') })
  })

  test('hosts beside its model: rules of its tasks, which show where they come from', async () => {
    configure(TABLE.replace('[providers.scripted]', '[providers.scripted]\nhosts = ["registry.example"]'))
    load({ after: { text: 'fine' } })
    expect((await run('--name', 'needs-a-host')).code).toBe(0)
    const { rules } = JSON.parse((await t.b.run(['net', 'rules', 'needs-a-host', '--json'])).stdout) as RulesAnswer
    expect(rules.find(({ host }) => host === 'registry.example')).toMatchObject({ effect: 'allow', origin: 'provider' })
  })

  if (name !== engines[0]?.name) return

  test.each([
    ['command = "x"', 'command', 2],
    ['command = ["x", "{modell}"]', 'there is no such placeholder', 2],
    ['command = ["x", "a{prompt}"]', '{prompt} must be a whole argument', 2],
    ['command = ["x"]\nprompt = "file"', 'needs {prompt_file}', 2],
    [
      'command = ["x"]\noutput = "json"\n[[providers.bad.events]]\nwhen = { type = "a" }\nmesage = "text"',
      'unknown key',
      6,
    ],
    ['command = ["x", "{key}"]', '{key} belongs in a variable', 2],
    ['command = ["x"]\nhosts = ["https://a.example"]', 'not the name of a host', 3],
  ] as const)('%s: one error with file and line, before anything is made', async (body, words, line) => {
    configure(`[providers.bad]\n${body}\n`)
    const before = (await t.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks.length
    const ran = await run()
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain(`config.toml:${line}: providers.bad`)
    expect(ran.stderr).toContain(words)
    expect((await t.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toHaveLength(before)
  })
})
