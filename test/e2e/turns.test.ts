import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { State, TaskRecord } from '../../src/domain/task.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { anyEngine } from '../fixtures/engines.ts'
import type { Step } from '../fixtures/model-server/scenario.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

describe.each(anyEngine())('further turns on $name', ({ flag, name, kind, endpoint }) => {
  const engine = engineAt(kind, endpoint)
  const t = testBench('test')
  const start = async (...args: readonly string[]) => {
    const ran = await t.b.run([
      'start',
      '--engine',
      flag,
      '--repo',
      t.remote.url,
      '--branch',
      'main',
      '--base-url',
      t.model.url,
      ...args,
      'first prompt',
    ])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }

  test('send: the session goes on in a fresh container, the work is pushed onto the same branch', async () => {
    t.model.load({
      steps: [
        { text: 'a', shell: 'echo one > one.txt' },
        { text: 'done one' },
        { contains: 'first prompt', text: 'b', shell: 'cat one.txt; echo two > two.txt' },
        { contains: 'second prompt', text: 'done two' },
      ],
    })
    const id = await start()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const first = await t.b.status(id)
    // What others are started with makes no host task of it.
    const sent = await t.b.run(['send', id, 'second prompt'], { env: { BERTH_ISOLATION: 'host' } })
    expect(sent).toEqual({ code: 0, stdout: `${id} turn 2\n`, stderr: '' })
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const record = await t.b.status(id)
    expect(record.isolation).toBe('container')
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done'])
    expect(record.session).toBe(first.session)
    const events = await t.b.events(id)
    const containers = events.flatMap((event) => (event.type === 'container.created' ? [event.id] : []))
    expect(new Set(containers).size).toBe(2)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    expect(events.find((event) => event.type === 'agent.tool.end' && event.turn === 2)).toMatchObject({
      output: expect.stringContaining('one'),
    })
    expect(git(t.remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('2')
    expect(git(t.remote.bare, ['show', `berth/${id}:two.txt`])).toBe('two')
    expect(events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))).toEqual([
      'a',
      'done one',
      'b',
      'done two',
    ])
  })

  if (name !== 'docker') return

  test('sends to a turn that runs begin after it, in order, also two at once', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'sleep 2' }, { text: 'end 1' }], after: { text: 'end' } })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    const [one, two] = await Promise.all([t.b.run(['send', id, 'second']), t.b.run(['send', id, 'third'])])
    expect([one.stdout, two.stdout].sort()).toEqual([`${id} turn 2\n`, `${id} turn 3\n`])
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const record = await t.b.status(id)
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done', 'done'])
    expect(
      record.turns
        .slice(1)
        .map((turn) => turn.prompt)
        .sort(),
    ).toEqual(['second', 'third'])
  })

  test('--interrupt ends the turn that runs first', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'sleep 600' }, { text: 'after the interrupt' }] })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    const sent = await t.b.run(['send', '--interrupt', '--follow', id, 'look elsewhere'])
    expect(sent.code).toBe(0)
    expect((await t.b.status(id)).turns.map((turn) => turn.state)).toEqual(['stopped', 'done'])
  })

  test('stop takes queued turns back', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'sleep 600' }] })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    await t.b.run(['send', id, 'never'])
    expect((await t.b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
    expect((await t.b.status(id)).turns.map((turn) => turn.state)).toEqual(['stopped', 'stopped'])
  })

  test('resume: a stopped turn goes on in its session, one that never began gets its prompt again', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'echo kept > kept.txt; sleep 600' }, { text: 'went on' }] })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    await t.b.run(['stop', id])
    expect((await t.b.run(['resume', id])).stdout).toBe(`${id} queued\n`)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const record = await t.b.status(id)
    expect(record.turns).toMatchObject([{ turn: 1, state: 'done', attempt: 2 }])
    expect(git(t.remote.bare, ['show', `berth/${id}:kept.txt`])).toBe('kept')
    const again = (await t.b.events(id)).find((event) => event.type === 'turn.again')
    expect(again).toMatchObject({ attempt: 2, prompt: expect.stringContaining('Continue') })
  })

  test('wait, right after a send to a task that is over, waits for the new turn', async () => {
    t.model.load({ steps: [{ text: 'one' }, { hang: 'head' }], after: { text: 'two' } })
    const id = await start()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    await t.b.run(['send', id, 'second prompt'])
    expect(await t.b.run(['wait', '--timeout', '3s', id])).toMatchObject({ code: 8, stdout: '' })
    await expect.poll(() => t.model.requests.length).toBeGreaterThan(1)
    const waiting = t.b.begin(['wait', id])
    await t.model.release()
    expect(await waiting.over).toMatchObject({ code: 0, stdout: `${id} done\n` })
    expect((await t.b.status(id)).turns.map((turn) => turn.state)).toEqual(['done', 'done'])
  })

  test('two at the same instant to a task that is over both arrive, once, one after the other', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start()
    await t.b.run(['wait', id])
    await t.b.until(id, (event) => event.type === 'container.removed')
    const sent = await Promise.all([t.b.run(['send', id, 'red']), t.b.run(['send', id, 'blue'])])
    expect(sent.map(({ stdout }) => stdout).sort()).toEqual([`${id} turn 2\n`, `${id} turn 3\n`])
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const { turns } = await t.b.status(id)
    expect(turns.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    expect(turns.map(({ prompt }) => prompt).sort()).toEqual(['blue', 'first prompt', 'red'])
  })

  const ENDS: readonly [state: State, first: Step, end: (id: string) => Promise<unknown>][] = [
    ['stopped', { text: 'a', shell: 'echo one > one.txt; sleep 600' }, (id) => t.b.run(['stop', id])],
    [
      'died',
      { text: 'a', shell: 'echo one > one.txt; sleep 600' },
      async (id) => engine.kill((await t.b.status(id)).container?.id ?? '', 'SIGKILL'),
    ],
    ['failed', { text: 'a', shell: 'echo one > one.txt' }, async () => {}],
  ]
  test.each(ENDS)(
    'a prompt to a task that is %s goes on in its session and its workspace',
    async (state, first, end) => {
      const refused = { status: 400, error: { message: 'not that' } } as const
      t.model.load({
        steps: [
          first,
          ...(state === 'failed' ? [refused] : []),
          { name: 'further', contains: 'first prompt', text: 'b', shell: 'cat one.txt' },
          { name: 'last', contains: 'second prompt', text: 'done two' },
        ],
      })
      const id = await start()
      await t.b.until(id, (event) => event.type === 'agent.tool.start')
      await end(id)
      await t.b.run(['wait', id])
      const { session } = await t.b.status(id)
      expect((await t.b.status(id)).state).toBe(state)
      expect((await t.b.run(['send', id, 'second prompt'])).stdout).toBe(`${id} turn 2\n`)
      expect((await t.b.run(['wait', id])).code).toBe(0)
      expect(await t.b.status(id)).toMatchObject({ session, turns: [{ state }, { state: 'done' }] })
      expect(t.model.requests.map(({ step }) => step).slice(-2)).toEqual(['further', 'last'])
      const ran = (await t.b.events(id)).find((event) => event.type === 'agent.tool.end' && event.turn === 2)
      expect(ran).toMatchObject({ output: expect.stringContaining('one') })
    },
  )

  test('one that is blocked says what it needs first', async () => {
    t.model.load({ after: { text: 'fine' } })
    const without = { env: { OPENAI_API_KEY: '', BERTH_FAULT: '' } }
    const job = ['--engine', flag, '--base-url', t.model.url]
    const id = (
      await t.b.run(['start', ...job, 'first prompt'], { env: { BERTH_FAULT: 'launch.create:1' } })
    ).stdout.trim()
    await expect.poll(() => existsSync(join(t.b.home, 'fault'))).toBe(true)
    await t.b.run(['ls'], without)
    await t.b.until(id, (event) => event.type === 'turn.blocked')
    const before = JSON.parse((await t.b.run(['status', '--json', id], without)).stdout) as TaskRecord
    expect(before.state).toBe('blocked')
    const refused = await t.b.run(['send', id, 'second prompt'], without)
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`${id} is blocked (OPENAI_API_KEY was lost with the supervisor`)
    // A command of a shell that has the key brings it.
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.run(['send', id, 'second prompt'])).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.status(id)).turns.map((turn) => turn.prompt)).toEqual(['first prompt', 'second prompt'])
  })

  test('a wrong key fails the turn, the right one resumes it', async () => {
    t.model.load({ key: 'sk-the-right-one', after: { text: 'fine now' } })
    const id = await start()
    expect((await t.b.run(['wait', id])).code).toBe(6)
    expect((await t.b.run(['resume', id], { env: { OPENAI_API_KEY: 'sk-the-right-one' } })).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.run(['send', id, 'more'], { env: { OPENAI_API_KEY: 'sk-the-right-one' } })).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(0)
  })

  test('a queued turn survives the supervisor', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'sleep 2' }, { text: 'end 1' }], after: { text: 'end' } })
    const id = await start()
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    await t.b.run(['send', id, 'second'])
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.status(id)).turns.map((turn) => turn.state)).toEqual(['done', 'done'])
  })

  test('what cannot be is one error and changes nothing', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start()
    await t.b.run(['wait', id])
    await t.b.until(id, (event) => event.type === 'container.removed')
    const before = (await t.b.status(id)).seq
    expect(await t.b.run(['resume', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('is done') })
    expect(await t.b.run(['send', id, ''])).toMatchObject({ code: 2, stderr: expect.stringContaining('empty') })
    expect(await t.b.run(['send', 't-zzz', 'x'])).toMatchObject({ code: 2 })
    expect((await t.b.status(id)).seq).toBe(before)
  })
})
