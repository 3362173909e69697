import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Usage } from '../../src/domain/usage.ts'
import { agentBench, found, KEY, outputs } from '../fixtures/agent-bench.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { TEST_AGENTS, type TestAgent } from '../fixtures/test-agents.ts'

const engines = anyEngine()
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
/** More requests than this are the CLI's own tries: Berth did not end the turn. */
const AT_ONCE = 3
const MEGABYTE = `begin ${'the quick brown fox \u00e9 jumps over it. '.repeat(27_000)} end`

const pairs = (some: typeof engines, agents = TEST_AGENTS) =>
  some.flatMap((engine) => agents.map((agent) => ({ engine, agent, on: engine.name, id: agent.id })))

/** A case of the suite, where no other file has it already. */
const casesOf = (agent: TestAgent) => {
  const here = (name: string) => TEST_ALL || !agent.elsewhere?.includes(name)
  return {
    it: (name: string, body: () => Promise<void>) => {
      if (here(name)) test(name, body)
    },
    each:
      <T>(cases: readonly T[]) =>
      (name: string, body: (one: T) => Promise<void>) => {
        if (here(name)) test.each(cases)(name, body)
      },
  }
}

const tokens = (usage: Usage | null | undefined) => ({ ...usage, costUsd: undefined })

const wholePath = (agent: TestAgent) => ({
  key: KEY,
  models: [agent.model],
  steps: [
    {
      text: 'I write the file.',
      shell: 'echo made-by-agent > made.txt; git add . && git commit -qm "by the agent"; git log -1 --format=%ae; env',
      usage: { input: 1000, cached: 400, output: 30, reasoning: 10 },
    },
    { text: 'All done.', usage: { input: 1100, cached: 1000, output: 5, reasoning: 2 } },
    { contains: 'I write the file.', text: 'I saw it.', usage: { input: 1200, cached: 1100, output: 7, reasoning: 1 } },
  ],
})

const WHOLE = 'from a prompt to a pushed branch, and on in a fresh container'
/** Each start of the others takes seconds of a processor: their cases are in `make test-all`. */
const QUICK: ReadonlySet<string> = new Set(['codex', 'claude'])
const usual = TEST_AGENTS.filter(({ id }) => TEST_ALL || QUICK.has(id))
const whole = TEST_AGENTS.filter((agent) => TEST_ALL || !agent.elsewhere?.includes(WHOLE))

describe.concurrent.each(pairs(engines, whole))('$id on $on', ({ engine, agent }) => {
  const { it } = casesOf(agent)
  const t = agentBench(engine, agent)

  it(WHOLE, async () => {
    const ran = await t.run(wholePath(agent), ['--model', agent.model])
    expect(ran.code, ran.record.reason ?? '').toBe(0)
    expect(ran.record).toMatchObject({ state: 'done', provider: { id: agent.id, version: agent.version } })
    const { id } = ran
    expect(git(t.remote.bare, ['show', `berth/${id}:made.txt`])).toBe('made-by-agent')
    expect(git(t.remote.bare, ['log', '-1', '--format=%s', `berth/${id}`])).toBe('by the agent')
    const [output = ''] = outputs(ran.events)
    expect(output).toContain('ada@example.org')
    expect(output).not.toContain(KEY)
    const usage = { inputTokens: 2100, cachedTokens: 1400, outputTokens: 35, reasoningTokens: 12 }
    expect(ran.record.turns).toMatchObject([{ usage }])

    expect((await t.b.run(['send', id, 'the second prompt'], {})).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const record = await t.b.status(id)
    expect(record.turns[1]).toMatchObject({ state: 'done', usage: { inputTokens: 1200, outputTokens: 7 } })
    expect(record.turns.map((turn) => tokens(turn.gatewayUsage))).toEqual(
      record.turns.map(({ usage }) => tokens(usage)),
    )
    expect(record.session).toBe(ran.record.session)
    const [before, after] = record.turns.map((turn) => turn.usage?.costUsd)
    expect(typeof before).toBe(agent.cost ? 'number' : 'undefined')
    // Less was asked for: a sum of the session would be more.
    if (before !== undefined) expect(after).toBeLessThan(before)
    const events = await t.b.events(id)
    expect(events.some((event) => event.type === 'agent.message' && event.text === 'I saw it.')).toBe(true)
    expect(JSON.stringify(events)).not.toContain(KEY)

    const [header, form] = agent.header
    const asked = ran.asked()
    expect(asked.map((one) => [one.model, one.api, one.headers[header]])).toEqual(
      asked.map(() => [agent.model, agent.api, form(KEY)]),
    )
  })

  it('stopped in the middle of a tool call: in its own way, nothing is left running, and it goes on', async () => {
    const shell = 'echo one > one.txt; setsid sleep 1000 & echo begun; sleep 1000'
    const task = await t.begin({ steps: [{ shell }], after: { text: 'after the stop' } })
    if (agent.toolStarts) await task.until((event) => event.type === 'agent.tool.start')
    else await task.untilAsked()
    await vi.waitFor(
      () =>
        expect(execFileSync(engine.kind, ['exec', `berth-${task.id}-1-1`, 'ls', '/work']).toString()).toContain(
          'one.txt',
        ),
      60_000,
    )
    expect(await t.b.run(['stop', task.id])).toMatchObject({ code: 0 })
    const { code, record, events } = await task.over()
    expect(code).toBe(3)
    expect(record).toMatchObject({ state: 'stopped', outcome: { result: 'stopped' } })
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'stopped', signal: agent.diesOf })
    if (agent.toolStarts) expect(found(events, 'agent.tool.end')).toMatchObject({ ok: false })
    expect(execFileSync(engine.kind, ['ps', '-aq', '--filter', `label=berth.task=${task.id}`]).toString()).toBe('')
    expect((await t.b.run(['send', task.id, 'go on'])).code).toBe(0)
    expect((await t.b.run(['wait', task.id])).code).toBe(0)
    expect((await t.b.status(task.id)).session).toBe(record.session)
  })
})

describe.concurrent.each(pairs(engines, usual))('$id on $on', ({ engine, agent }) => {
  const { it, each } = casesOf(agent)
  const t = agentBench(engine, agent)

  it('stopped while the model is silent: what was asked is not lost to the next prompt', async () => {
    const steps = [{ hang: 'head' as const }, { contains: 'the first words', text: 'I know both' }]
    const task = await t.begin({ steps, after: { text: 'what first words?' } }, [], 'the first words')
    await task.untilAsked()
    await t.b.run(['stop', task.id])
    const { code, record, events } = await task.over()
    expect(code).toBe(3)
    expect(record.state).toBe('stopped')
    expect(found(events, 'agent.ended')?.signal).not.toBe('SIGKILL')
    expect((await t.b.run(['send', '--follow', task.id, 'and the second'])).code).toBe(0)
    expect(found(await t.b.events(task.id), 'agent.message')?.text).toBe('I know both')
  })

  it('an interrupt that nobody asked for is no success, though the exit code may be 0', async () => {
    const shell = `for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q "${agent.running}" && kill -INT \${p#/proc/}; done; sleep 100`
    const { code, record } = await t.run({ steps: [{ shell }] })
    expect(code).toBe(1)
    expect(record.outcome).toMatchObject({ result: 'failed', class: 'agent' })
  })

  it('a command that fails, words of any script, and long output', async () => {
    const { code, events, record } = await t.run({
      steps: [
        { text: 'naïve 🚢 ﷽', chunks: 4, shell: `printf 'naïve 🚢 ﷽\\n\\377\\n'; exit 3` },
        { shell: `seq 1 200000; echo the-end` },
        { shell: `head -c 3000000 /dev/zero | tr '\\0' x; echo; echo short` },
      ],
      after: { text: 'Done: 日本語' },
    })
    expect(code, record.reason ?? '').toBe(0)
    const messages = events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))
    expect(messages).toEqual(['naïve 🚢 ﷽', 'Done: 日本語'])
    const [first = ''] = outputs(events)
    expect(first).toContain('naïve 🚢 ﷽')
    const ends = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event] : []))
    expect(ends).toHaveLength(3)
    expect(ends.slice(1).map(({ ok }) => ok)).toEqual([true, true])
    if (agent.exitCodes) expect(ends[0]).toMatchObject({ ok: false, exitCode: 3 })
    for (const { output } of ends) expect(output.length).toBeLessThan(70_000)
  })

  it('a picture that goes with the prompt is shown to the model', async () => {
    const picture = join(t.b.folder, 'shot.png')
    writeFileSync(picture, Buffer.from(PNG, 'base64'))
    const { code, name } = await t.run({}, ['--file', picture])
    expect(code).toBe(0)
    const texts = t.model.requests.flatMap((one) => (one.scenario === name ? [one.text ?? ''] : []))
    expect(texts.some((text) => text.includes(PNG))).toBe(true)
  })

  it('a prompt of a megabyte', async () => {
    const escaped = JSON.stringify(MEGABYTE).slice(1, -1)
    const ran = await t.run(
      { steps: [{ contains: escaped, text: 'it came intact' }], after: { text: 'it did not come' } },
      [],
      '-',
      MEGABYTE,
    )
    expect(ran.code, ran.record.reason ?? '').toBe(0)
    expect(found(ran.events, 'agent.message')?.text).toBe('it came intact')
  })

  it('the model it takes by itself, arguments behind --, and one the CLI refuses', async () => {
    const fine = await t.run({}, [])
    expect(fine.code, fine.record.reason ?? '').toBe(0)
    const refused = await t.run({}, ['--', '--strange-flag'])
    expect(refused.code).toBe(1)
    expect(refused.record.reason).toContain(agent.refusal)
    expect(refused.record.provider).toMatchObject({ version: agent.version, args: ['--strange-flag'] })
  })

  it('nothing is asked for but the model, also where there is a way', async () => {
    // Whatever it tries elsewhere goes to the gateway's proxy, which writes it down.
    const ran = await t.run({ steps: [{ shell: 'true' }] }, ['--model', agent.model])
    expect(ran.code, ran.record.reason ?? '').toBe(0)
    const lines = t.audit(ran.id).filter((line) => line.kind !== 'verdict')
    expect(lines.filter((line) => line.status !== 200)).toEqual([])
    expect(lines).toHaveLength(ran.asked().length)
  })

  it('a wrong key, then the right one: the session goes on', async () => {
    const right = { env: { [agent.key]: 'sk-the-right-one' } }
    const ran = await t.run({ key: 'sk-the-right-one', after: { text: 'fine now' } })
    expect(ran.code).toBe(6)
    expect((await t.b.run(['resume', ran.id], right)).code).toBe(0)
    expect((await t.b.run(['wait', ran.id])).code).toBe(0)
    expect((await t.b.status(ran.id)).turns).toMatchObject([{ state: 'done', attempt: 2 }])
  })

  const hosted = agent.onHost ? it : () => {}
  hosted('on the host, where that is asked for by name', async () => {
    t.model.load({ steps: [{ shell: 'pwd' }], after: { text: 'hello from the host' } }, 'host')
    const url = `${t.model.url}/s/host${agent.basePath}`
    const host = ['--isolation', 'host', '--host-permissive', '--agent', agent.id, '--base-url', url]
    const ran = await t.b.run(['run', ...host, 'hi'])
    expect(ran.stderr + ran.stdout).toContain('hello from the host')
    expect(ran.code).toBe(0)
  })

  it('two prompts sent at once make two turns of the one session', async () => {
    const first = await t.run({ after: { text: 'fine' } })
    await Promise.all(['alpha prompt', 'beta prompt'].map((prompt) => t.b.run(['send', first.id, prompt])))
    expect((await t.b.run(['wait', first.id])).code).toBe(0)
    const record = await t.b.status(first.id)
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done', 'done'])
    const seen = t.model.requests.filter((one) => one.scenario === first.name && one.kind === 'main')
    expect(seen.at(-1)?.messages).toBeGreaterThan((seen[0]?.messages ?? 0) + 3)
  })

  each([
    { status: 401, class: 'auth', code: 6 },
    { status: 403, class: 'auth', code: 6 },
    { status: 404, class: 'model', code: 1 },
  ] as const)('$status ends the turn at once', async ({ status, class: kind, code }) => {
    const ran = await t.run({ after: { status, error: { message: `no: ${KEY}` } }, side: { status, error: {} } })
    expect(ran.code).toBe(code)
    expect(ran.record.outcome).toMatchObject({ result: 'failed', class: kind })
    expect(ran.record.reason).toContain(`${status}`)
    expect(ran.record.reason).not.toContain(KEY)
    expect(ran.asked().length).toBeLessThanOrEqual(AT_ONCE)
  })

  it('429 with a retry-after of ten minutes ends the turn, and keeps the time', async () => {
    const ran = await t.run({ after: { status: 429, headers: { 'retry-after': '600' } } }, ['--rate-limit', 'fail'])
    expect(ran.record.outcome).toMatchObject({ class: 'rate-limit' })
    expect(ran.record.reason).toContain('retry-after: 600')
    expect(ran.asked().length).toBeLessThanOrEqual(AT_ONCE)
  })

  each([
    { what: '429 without a time', step: { status: 429 }, kind: 'rate-limit' },
    { what: '500', step: { status: 500, error: { message: 'all is on fire' } }, kind: 'network' },
    { what: '529', step: { status: 529, error: { message: 'too busy' } }, kind: 'network' },
    { what: 'a stream that breaks off', step: { text: 'half of it', chunks: 4, drop: 'body' }, kind: 'network' },
    { what: 'a connection that is dropped', step: { drop: 'head' }, kind: 'network' },
  ] as const)('$what each time: the tries are bounded', async ({ step, kind }) => {
    const ran = await t.run({ after: step }, agent.few)
    expect(ran.code).toBe(1)
    expect(ran.record.outcome, ran.record.reason ?? '').toMatchObject({ result: 'failed', class: kind })
    expect(ran.asked().length).toBeLessThan(8)
    const settings = agent.few.filter((word) => word !== '--provider-arg').map((word) => word.split('='))
    expect(ran.record.provider.options).toEqual(Object.fromEntries(settings))
    if (agent.failures === undefined) return
    expect(ran.asked()).toHaveLength(agent.failures)
    expect(ran.record.reason).toContain(`${agent.failures} tries in a row failed`)
  })

  it('the work outgrows the context window', async () => {
    const ran = await t.run({ after: agent.overflow })
    expect(ran.record.outcome, ran.record.reason ?? '').toMatchObject({ result: 'failed', class: 'context' })
  })

  it('an address where nobody listens ends the turn after three tries', async () => {
    const ran = await (await t.beginAt('http://127.0.0.1:9', [])).over()
    expect(ran.code).toBe(1)
    expect(ran.record.outcome).toMatchObject({ result: 'failed', class: 'network' })
    expect(ran.record.reason).toContain('3 tries in a row failed: connect ECONNREFUSED 127.0.0.1:9')
  })

  it('the key is in no variable, file, log or record', async () => {
    const shell = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; echo > looked; sleep 2"
    const task = await t.begin({ key: KEY, steps: [{ shell }] })
    await task.untilAsked()
    const inspected = execFileSync(engine.kind, ['inspect', `berth-${task.id}-1-1`]).toString()
    const { code, events } = await task.over()
    expect(code).toBe(0)
    expect(inspected).toContain(task.id)
    expect(inspected).not.toContain(KEY)
    expect(outputs(events)[0]).toContain(`berth-${task.id}`)
    expect(outputs(events)[0]).not.toContain(KEY)
    const found = spawnSync('grep', ['-rlF', KEY, t.b.home], { encoding: 'utf8' })
    expect(found.stdout).toBe('')
  })

  it('what is no session does not outlive a turn', async () => {
    const plant =
      'mkdir -p ~/.gemini/projects.json.lock ~/.claude; touch ~/.gemini/projects.json.lock/x ~/.claude/x ~/x'
    const look = 'ls -d ~/x ~/.claude/x ~/.gemini/projects.json.lock/x'
    const first = await t.run({ steps: [{ shell: plant }, { text: 'planted' }, { shell: look }] })
    expect(first.code).toBe(0)
    await t.b.run(['send', '--follow', first.id, 'look'])
    const [, listed = ''] = outputs(await t.b.events(first.id))
    expect(listed.match(/No such file/g)).toHaveLength(3)
  })

  it("no model's key goes in by --env, its own or another's", async () => {
    for (const key of new Set([agent.key, ...TEST_AGENTS.map((one) => one.key), 'GOOGLE_API_KEY'])) {
      const named = ['run', '--name', 'keyed', ...t.flagsAt('http://127.0.0.1:9'), '--env', key, 'do it']
      const ran = await t.b.run(named, { env: { [key]: KEY } })
      expect(ran).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`--env ${key}: this variable holds a model's key`),
      })
      expect(ran.stderr).toContain('--credential')
      expect(ran.stderr + ran.stdout).not.toContain(KEY)
      expect((await t.b.run(['status', 'keyed'])).code).toBe(2)
    }
  })

  it('no credential: refused before there is a task', async () => {
    const named = ['run', '--name', 'keyless', '--engine', engine.flag, '--agent', agent.id, 'do it']
    const ran = await t.b.run(named, { env: { [agent.key]: '' } })
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining(agent.key) })
    expect((await t.b.run(['status', 'keyless'])).code).toBe(2)
  })
})
