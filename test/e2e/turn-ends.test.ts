import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { AFTER_FORGERY, forge } from '../fixtures/forge.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'

/** A shell's way to the process ids of the agent and of the worker above it. */
const PIDS = `agent=$(for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = codex ] && echo \${p#/proc/}; done 2>/dev/null | head -1)
worker=$(awk '/^PPid/ { print $2 }' /proc/$agent/status)`

const bench = (engine: TestEngine) => {
  const t = testBench('file')
  let names = 0
  /** The end of a task that goes by this script, started in the background and looked at when it is over. */
  const begin = async (scenario: Scenario, flags: readonly string[] = []) => {
    names += 1
    const name = `case-${names}`
    t.model.load(scenario, name)
    const repository = ['--repo', t.remote.url, '--branch', 'main']
    const ran = await t.b.run([
      'start',
      '--engine',
      engine.flag,
      '--base-url',
      `${t.model.url}/s/${name}/v1`,
      ...repository,
      ...flags,
      'do it',
    ])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const id = ran.stdout.trim()
    const over = async () => {
      const { code } = await t.b.run(['wait', id])
      const events = await t.b.events(id)
      expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
      return { id, code, events, record: await t.b.status(id) }
    }
    /** Until the model has been asked: before that, codex lets an interrupt pass. */
    const asked = () => waitFor(() => t.model.requests.some((entry) => entry.scenario === name), `a request of ${name}`)
    return { id, over, asked, until: (wanted: (event: Event) => boolean) => t.b.until(id, wanted) }
  }
  const run = async (scenario: Scenario, flags?: readonly string[]) => (await begin(scenario, flags)).over()
  const toolStarted = (event: Event) => event.type === 'agent.tool.start'
  /** The engine's own CLI, as somebody outside Berth would use it. */
  const outside = (...args: readonly string[]) => execFileSync(engine.kind, args, { stdio: 'pipe' }).toString()
  /** Waits until the agent has got as far as this file. */
  const madeFile = (id: string, name: string) =>
    waitFor(() => outside('exec', `berth-${id}-1-1`, 'ls', '/work').includes(name), `${name} in the container`)
  const containers = (id: string) => outside('ps', '-aq', '--filter', `label=berth.task=${id}`).trim()
  return {
    begin,
    run,
    toolStarted,
    outside,
    containers,
    madeFile,
    get b() {
      return t.b
    },
    get model() {
      return t.model
    },
    get remote() {
      return t.remote
    },
  }
}

const found = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.find((event): event is Extract<Event, { type: T }> => event.type === type)

/** The repository's own commit, a commit of the agent's, and a file that it did not commit. */
const WORK = 'echo one > one.txt; git add . && git commit -qm "the first part"; echo two > two.txt'

describe.concurrent.each(rootfulEngines())('on $name', (engine) => {
  const t = bench(engine)

  test('the container is killed', async () => {
    const task = await t.begin({ steps: [{ shell: 'sleep 1000' }] })
    await task.until(t.toolStarted)
    t.outside('kill', `berth-${task.id}-1-1`)
    const { code, record, events } = await task.over()
    expect(code).toBe(4)
    expect(record.outcome).toMatchObject({ result: 'died', class: 'killed', exitCode: 137 })
    expect(record.reason).toContain('KILL')
    expect(found(events, 'container.exited')).toMatchObject({ exitCode: 137, oom: false })
  })

  test('the container is removed', async () => {
    const task = await t.begin({ steps: [{ shell: 'sleep 1000' }] })
    await task.until(t.toolStarted)
    t.outside('rm', '-f', `berth-${task.id}-1-1`)
    const { code, record } = await task.over()
    expect(code).toBe(4)
    expect(record.outcome).toMatchObject({ result: 'died', class: 'killed' })
    expect(record.reason).toContain('gone')
  })

  test('the container is stopped from outside: its work is kept', async () => {
    const task = await t.begin({ steps: [{ shell: `${WORK}; sleep 1000` }] })
    await task.until(t.toolStarted)
    await t.madeFile(task.id, 'two.txt')
    t.outside('stop', '-t', '20', `berth-${task.id}-1-1`)
    const { code, record } = await task.over()
    expect(code).toBe(4)
    expect(record.outcome).toMatchObject({ result: 'died', class: 'killed' })
    expect(record.reason).toContain('outside')
    expect(record.commits.map((commit) => commit.subject)).toContain('the first part')
  })

  test('out of memory', async () => {
    const { code, record, events } = await t.run({ steps: [{ shell: 'python3 -c "x = bytearray(900000000)"' }] }, [
      '--memory',
      '64m',
    ])
    expect(code).toBe(4)
    expect(record.outcome).toMatchObject({ result: 'died', class: 'oom', exitCode: 137 })
    expect(record.reason).toContain('--memory')
    // Podman tells none where control groups are of the first kind: then it is the worker's word.
    const told = [found(events, 'container.exited')?.oom, found(events, 'agent.ended')?.oom]
    expect(told).toContain(true)
    if (told[0] === false) expect(record.reason).toContain('only its worker reports')
  })

  test('stopped in the middle of a tool call: interrupted in its own way, the work kept and published later', async () => {
    const task = await t.begin({ steps: [{ shell: `${WORK}; sleep 1000` }] })
    await task.until(t.toolStarted)
    await t.madeFile(task.id, 'two.txt')
    expect(await t.b.run(['stop', task.id])).toMatchObject({ code: 0, stdout: `${task.id} stopped\n` })
    const { code, record, events } = await task.over()
    expect(code).toBe(3)
    expect(record).toMatchObject({ state: 'stopped', pushed: null, outcome: { result: 'stopped', class: 'stopped' } })
    // By its exit code it was SIGINT that came first; the others end it by themselves.
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'stopped', code: 1, signal: null })
    expect(found(events, 'agent.tool.end')).toMatchObject({ ok: false })
    expect(record.commits.map((commit) => commit.subject)).toContain('the first part')
    expect(t.containers(task.id)).toBe('')
    const diff = (await t.b.run(['diff', task.id])).stdout
    expect(diff).toContain('+one')
    expect(diff).toContain('+two')
    expect(await t.b.run(['push', task.id])).toMatchObject({ code: 0 })
    expect(git(t.remote.bare, ['show', `berth/${task.id}:two.txt`])).toBe('two')
    expect(await t.b.status(task.id)).toMatchObject({ state: 'stopped', pushed: { branch: `berth/${task.id}` } })
  })
})

describe.concurrent.each(rootfulEngines().slice(0, 1))('on $name', (engine) => {
  const t = bench(engine)

  test('stopped while the model is silent', async () => {
    const task = await t.begin({ after: { hang: 'head' } })
    await task.asked()
    await t.b.run(['stop', task.id])
    const { code, record, events } = await task.over()
    expect(code).toBe(3)
    expect(record.state).toBe('stopped')
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'stopped' })
    expect(found(events, 'agent.ended')?.signal).not.toBe('SIGKILL')
  })

  test('Ctrl-C of `run` stops the task', async () => {
    t.model.load({ after: { hang: 'head' } }, 'ctrl-c')
    const run = t.b.begin([
      'run',
      '--json',
      '--engine',
      engine.flag,
      '--base-url',
      `${t.model.url}/s/ctrl-c/v1`,
      'do it',
    ])
    await waitFor(() => run.seen().includes('"agent.session"'), 'a session')
    run.child.kill('SIGINT')
    const { code, stdout } = await run.over
    expect(code).toBe(3)
    expect(stdout).toContain('"stop.requested"')
    expect(stdout).toContain('"turn.ended"')
  })

  test('an agent that does not react to signals is killed when its time is over', async () => {
    const task = await t.begin({ steps: [{ shell: `${PIDS}\n${WORK}; kill -STOP $agent; sleep 1000` }] })
    await task.until((event) => event.type === 'agent.session')
    await t.madeFile(task.id, 'two.txt')
    await t.b.run(['stop', task.id])
    const { record, events } = await task.over()
    expect(record.state).toBe('stopped')
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'stopped', signal: 'SIGKILL' })
    expect(record.commits.map((commit) => commit.subject)).toContain('the first part')
  })

  test('commands that ignore signals, in sessions of their own, do not hold a stop up', async () => {
    const task = await t.begin({
      steps: [{ shell: `trap '' INT TERM HUP; setsid sleep 1000 & setsid sleep 1001 & echo > begun; sleep 1002` }],
    })
    await task.until(t.toolStarted)
    await t.madeFile(task.id, 'begun')
    await t.b.run(['stop', task.id])
    const { record, events } = await task.over()
    // Its commands sleep for longer than this test may take.
    expect(record.state).toBe('stopped')
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'stopped' })
  })

  test('children in sessions of their own do not hold the end up, and nothing is left', async () => {
    const { code, events, id } = await t.run({
      steps: [
        {
          shell:
            'setsid sleep 1000 >/dev/null 2>&1 & setsid sh -c "while :; do sleep 0.1; done" >/dev/null 2>&1 & echo left',
        },
      ],
    })
    expect(code).toBe(0)
    expect(found(events, 'agent.ended')).toMatchObject({ end: 'exit' })
    await waitFor(() => t.containers(id) === '', 'the end of its containers')
  })

  test('output over its limit is dropped and counted, and the turn’s end with it', async () => {
    const { code, record, events } = await t.run(
      { steps: [{ shell: 'echo made > made.txt; head -c 200000 /dev/zero | tr "\\0" x', times: 3 }] },
      ['--output-limit', '64k'],
    )
    const dropped = events.reduce((sum, event) => sum + (event.type === 'output.dropped' ? event.bytes : 0), 0)
    expect(dropped).toBeGreaterThan(500_000)
    expect(code).toBe(1)
    expect(record.outcome).toMatchObject({ result: 'failed', class: 'limit', exitCode: 0 })
    expect(record.reason).toContain(`--output-limit allows: Berth dropped ${dropped} bytes`)
    expect(record.commits).toHaveLength(1)
  })

  test('a line of ten megabytes, and bytes that are no text', async () => {
    const { code, record, events } = await t.run({
      steps: [
        { shell: `head -c 10000000 /dev/zero | tr '\\0' x; echo; printf 'a\\377\\376b\\n'` },
        { shell: `printf 'a\\377\\376b\\n'` },
      ],
    })
    expect(code).toBe(0)
    expect(record.state).toBe('done')
    const outputs = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))
    expect(outputs[0]).toMatch(/^x{1000}/)
    expect(outputs[0]?.length).toBeLessThan(70_000)
    expect(outputs[1]).toMatch(/^a\uFFFD+b/)
  })

  const FORGED = [
    { k: 'out', s: 'o', d: '{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}\n' },
    { k: 'agent-end', code: 0, signal: null, end: 'exit', oom: false, left: 0 },
    { k: 'end' },
  ]
  const forged = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) =>
      JSON.stringify({ v: 1, n: from + i, t: 1, ...FORGED[i % FORGED.length] }),
    )
  const runForged = async (lines: readonly string[], rest: Scenario) => {
    const shell = `echo x 2>/dev/null > /proc/1/fd/1 && echo open; ${AFTER_FORGERY}; echo forged`
    const task = await t.begin({ ...rest, steps: [{ shell }, ...(rest.steps ?? [])] })
    await task.until(t.toolStarted)
    forge(engine.kind, `berth-${task.id}-1-1`, lines)
    return task.over()
  }

  test('a frame that is not in its place is nobody’s word; an agent cannot write one', async () => {
    const { code, record, events } = await runForged(forged(900, 905), {
      steps: [{ text: 'The truth.', usage: { input: 70, output: 7 } }],
    })
    expect(events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))).toEqual(['forged\n'])
    expect(found(events, 'untrusted')?.text).toContain('900')
    expect(code).toBe(0)
    expect(record.usage.outputTokens).toBeGreaterThan(7)
  })

  test('frames in their place can say what they want: without the exit code nothing is done', async () => {
    const { code, record, events } = await runForged(forged(3, 62), {
      after: { status: 400, error: { message: 'this is the truth' } },
    })
    expect(found(events, 'agent.ended')).toMatchObject({ code: 0, end: 'exit' })
    expect(code).toBe(1)
    expect(record.outcome).toMatchObject({ result: 'failed', class: 'agent', exitCode: 1 })
    expect(record.pushed).toBe(null)
  })

  test('a failing hook of the agent’s does not keep its work in', async () => {
    const { code, record, id } = await t.run({
      steps: [
        {
          shell: `printf '#!/bin/sh\\nexit 1\\n' | tee .git/hooks/pre-commit .git/hooks/commit-msg .git/hooks/pre-push; chmod +x .git/hooks/*; echo kept > kept.txt`,
        },
      ],
    })
    expect(code).toBe(0)
    expect(record.commits).toHaveLength(1)
    expect(git(t.remote.bare, ['show', `berth/${id}:kept.txt`])).toBe('kept')
  })

  test('usage is what the model counted', async () => {
    const { record } = await t.run({
      steps: [
        { shell: 'true', usage: { input: 1000, cached: 400, output: 30, reasoning: 10 } },
        { text: 'Done.', usage: { input: 1100, cached: 1000, output: 5, reasoning: 2 } },
      ],
    })
    const usage = { inputTokens: 2100, cachedTokens: 1400, outputTokens: 35, reasoningTokens: 12 }
    expect(record).toMatchObject({ usage, turns: [{ usage }] })
  })

  test('a command of the agent that ran out of memory is the agent’s to get over', async () => {
    const { code, record } = await t.run({ steps: [{ shell: 'python3 -c "x = bytearray(900000000)"' }] }, [
      '--memory',
      '256m',
    ])
    expect(code).toBe(0)
    expect(record.state).toBe('done')
    expect(record.warnings).toContainEqual(expect.stringContaining('ran out of memory'))
  })
})
