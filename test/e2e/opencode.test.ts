import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GatewayLine } from '../../src/egress/egress.ts'
import { logFolder } from '../../src/egress/protocol.ts'
import { anyEngine } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { KEY } from '../fixtures/workshop.ts'

describe.each(anyEngine())('opencode on $name', ({ flag, name }) => {
  const t = testBench('file', () => ({ berth: { env: { ANTHROPIC_API_KEY: 'sk-another-key' } } }))
  let names = 0
  const start = async (scenario: Scenario, ...flags: readonly string[]) => {
    names += 1
    const path = `case-${names}`
    t.model.load({ key: KEY, ...scenario }, path)
    const ran = await t.b.run([
      'start',
      '--engine',
      flag,
      '--repo',
      t.remote.url,
      '--branch',
      'main',
      '--agent',
      'opencode',
      '--base-url',
      `${t.model.url}/s/${path}/v1`,
      ...flags,
      'first prompt',
    ])
    expect(ran.stderr).toBe('')
    return { id: ran.stdout.trim(), asked: () => t.model.requests.filter((one) => one.scenario === path) }
  }
  const wait = async (id: string) => (await t.b.run(['wait', id])).code
  /** What the gateway was asked for by this task. */
  const audit = (id: string): readonly GatewayLine[] =>
    readdirSync(logFolder(t.b.home)).flatMap((file) =>
      readFileSync(join(logFolder(t.b.home), file), 'utf8')
        .split('\n')
        .filter((line) => line.includes(id))
        .map((line) => JSON.parse(line) as GatewayLine),
    )

  test('a prompt becomes a pushed commit; a second one goes on in the session, in another container', async () => {
    const steps = [
      { reasoning: 'hm', text: 'I write.', shell: 'echo one > one.txt', usage: { input: 100, cached: 40, output: 9 } },
      { text: 'done one', usage: { input: 120, cached: 100, output: 3 } },
      { contains: 'first prompt', text: 'I look.', shell: 'cat one.txt; echo two > two.txt; exit 3' },
      { contains: 'second prompt', text: 'done two' },
    ]
    const { id, asked } = await start({ steps })
    expect(await wait(id)).toBe(0)
    const first = await t.b.status(id)
    expect(first).toMatchObject({
      state: 'done',
      provider: { id: 'opencode', version: '1.18.33' },
      usage: { inputTokens: 220, cachedTokens: 140, outputTokens: 12 },
    })
    expect(git(t.remote.bare, ['show', `berth/${id}:one.txt`])).toBe('one')
    await t.b.run(['send', id, 'second prompt'])
    expect(await wait(id)).toBe(0)
    const record = await t.b.status(id)
    expect(record.session).toMatch(/^ses_/)
    expect(record.session).toBe(first.session)
    const events = await t.b.events(id)
    expect(new Set(events.flatMap((event) => (event.type === 'container.created' ? [event.id] : []))).size).toBe(2)
    expect(events.findLast((event) => event.type === 'agent.tool.end')).toMatchObject({
      name: 'shell',
      ok: false,
      exitCode: 3,
      output: 'one\n',
    })
    expect(git(t.remote.bare, ['show', `berth/${id}:two.txt`])).toBe('two')
    expect(asked().map((one) => one.model)).toEqual(['default', 'default', 'default', 'default'])
    expect(JSON.stringify(events)).not.toContain(KEY)
  })

  if (name !== 'docker') return

  test('it asks for its model and for nothing else', async () => {
    // Whatever it tries elsewhere goes to the gateway's proxy, which refuses and writes it down.
    const { id } = await start({ steps: [{ shell: 'curl -s https://elsewhere.example/; true' }] })
    expect(await wait(id)).toBe(0)
    const lines = audit(id)
    const wanted = lines.filter((line) => line.method === 'POST' && line.path?.endsWith('/v1/chat/completions'))
    expect(wanted).toHaveLength(2)
    // The tool's own try shows that others would be seen.
    expect(lines.filter((line) => !wanted.includes(line))).toMatchObject([
      { kind: 'net', host: 'elsewhere.example', port: 443, verdict: 'denied' },
    ])
  })

  test('stopped while a tool runs: it goes on in the same session', async () => {
    const { id } = await start({
      steps: [{ text: 'running', shell: 'echo x > begun; sleep 700' }],
      after: { text: 'fine' },
    })
    await t.b.until(id, (event) => event.type === 'agent.message')
    await t.b.run(['stop', id])
    const stopped = await t.b.status(id)
    expect(stopped).toMatchObject({ state: 'stopped', session: expect.stringMatching(/^ses_/) })
    expect((await t.b.run(['resume', id])).code).toBe(0)
    expect(await wait(id)).toBe(0)
    expect(await t.b.status(id)).toMatchObject({ state: 'done', session: stopped.session })
  })

  test('stopped while the model is silent: the session is known all the same', async () => {
    const { id, asked } = await start({ steps: [{ hang: 'head' }], after: { text: 'fine' } })
    await expect.poll(() => asked().length, { timeout: 60_000 }).toBe(1)
    await t.b.run(['stop', id])
    const stopped = await t.b.status(id)
    expect(stopped).toMatchObject({ state: 'stopped', session: expect.stringMatching(/^ses_/) })
    await t.b.run(['send', id, 'go on'])
    expect(await wait(id)).toBe(0)
    expect(await t.b.status(id)).toMatchObject({ state: 'done', session: stopped.session })
    expect(asked().at(-1)?.messages).toBeGreaterThan(2)
  })

  test('work that no summary makes short enough ends, and does not go round for ever', async () => {
    const overflow = { code: 'context_length_exceeded', message: "This model's maximum context length is 9 tokens." }
    const { id } = await start({ after: { status: 400, error: overflow }, side: { text: 'a summary' } })
    expect(await wait(id)).toBe(1)
    expect(await t.b.status(id)).toMatchObject({
      outcome: { result: 'failed', class: 'context' },
      reason: expect.stringContaining('maximum context length'),
    })
  })

  test('the model names its provider, and with it the key', async () => {
    const dry = (...args: readonly string[]) =>
      t.b.run(['run', '--dry-run', '--engine', flag, '--agent', 'opencode', ...args, 'hello'])
    expect((await dry('--model', 'anthropic/claude-sonnet-5')).stdout).toContain(
      'https://api.anthropic.com/v1, key env:ANTHROPIC_API_KEY',
    )
    expect((await dry()).stdout).toContain('https://api.openai.com/v1, key env:OPENAI_API_KEY')
    const missing = await dry('--model', 'google/gemini-3-pro')
    expect(missing).toMatchObject({ code: 6, stderr: expect.stringContaining('GEMINI_API_KEY') })
    const unknown = await dry('--model', 'mistral/large')
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('openai, anthropic, google') })
  })
})
