import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { QueueAnswer } from '../../src/api/contract.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines())('turns that wait on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())
  beforeEach(() => {
    b = berth()
    model.reset()
  })
  afterEach(() => b.close())

  /** A task whose first turn waits for the model to be released. */
  const busy = async (env: Readonly<Record<string, string>> = {}) => {
    model.load({ steps: [{ hang: 'head' }], after: { text: 'fine' } })
    const id = (
      await b.run(['start', '--engine', flag, '--base-url', model.url, 'first prompt'], { env })
    ).stdout.trim()
    await b.until(id, (event) => event.type === 'agent.session')
    return id
  }
  const heard = () => model.requests.map(({ text = '' }) => text).join('\n')

  test('they are listed in order; an edited one is said as it is now, a withdrawn one never', async () => {
    const id = await busy()
    for (const prompt of ['second as sent', 'never said', 'third prompt']) await b.run(['send', id, prompt])
    const listed = (await b.run(['queue', id])).stdout
    expect(listed.match(/[234] +\S+ +\w.*/g)?.map((line) => line.replace(/^(\d) +\S+ +/, '$1 '))).toEqual([
      '2 second as sent',
      '3 never said',
      '4 third prompt',
    ])

    const edited = await b.run(['edit', id, '2', '-'], { input: 'second as edited\nwith a second line' })
    expect(edited).toMatchObject({ code: 0, stdout: `${id} turn 2 edited\n` })
    expect(await b.run(['withdraw', id, '3'])).toMatchObject({ code: 0, stdout: `${id} turn 3 withdrawn\n` })
    expect((await b.run(['withdraw', id, '3'])).code).toBe(0)
    const { tasks } = await b.json<{ tasks: QueueAnswer[] }>(['queue', '--all'])
    expect(tasks).toMatchObject([
      {
        id,
        turns: [
          { turn: 2, prompt: 'second as edited\nwith a second line', editedAt: expect.any(String) },
          { turn: 4, prompt: 'third prompt', editedAt: null },
        ],
      },
    ])

    model.release()
    expect((await b.run(['wait', id])).code).toBe(0)
    const record = await b.status(id)
    expect(record.turns.map(({ state, outcome }) => [state, outcome?.class])).toEqual([
      ['done', 'ok'],
      ['done', 'ok'],
      ['stopped', 'withdrawn'],
      ['done', 'ok'],
    ])
    expect(heard().includes('second as edited\\nwith a second line')).toBe(true)
    expect(heard().includes('third prompt')).toBe(true)
    expect(/second as sent|never said/.test(heard())).toBe(false)
    expect((await b.run(['log', id])).stdout).toMatch(
      /\[turn 2, edited: second as edited\.\.\.\]\n\[turn 3 withdrawn\]/,
    )
    expect((await b.run(['queue', id])).stdout).toBe('TASK  TURN  AGE  PROMPT\n')
  })

  test('one that has begun, is over or is not there is refused, and nothing changes', async () => {
    const id = await busy()
    await b.run(['send', id, 'second'])
    await b.run(['withdraw', id, '2'])
    const before = (await b.status(id)).seq
    for (const [args, says] of [
      [['edit', id, '1', 'x'], `turn 1 of ${id} is running: edit is possible only while it waits`],
      [['withdraw', id, '1'], `turn 1 of ${id} is running: withdraw is possible only while it waits`],
      [['edit', id, '2', 'x'], `turn 2 of ${id} is withdrawn`],
      [['withdraw', id, '7'], `${id} has no turn 7: its turns are 1 to 2`],
      [['edit', id, 'two', 'x'], 'two: not the number of a turn'],
      [['edit', id, '2', ' '], 'the prompt is empty'],
    ] as const)
      expect(await b.run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) })
    expect((await b.status(id)).seq).toBe(before)
    model.release()
    expect((await b.run(['wait', id])).code).toBe(0)
    expect(await b.run(['withdraw', id, '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`turn 1 of ${id} is done`),
    })
  })

  test('an edit whose answer was lost with its supervisor is there once', async () => {
    const id = await busy()
    await b.run(['send', id, 'second as sent'])
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    const env = { BERTH_FAULT: 'turn.edited:1' }
    expect(await b.run(['edit', id, '2', 'second as edited'], { env })).toMatchObject({ code: 0 })
    expect(existsSync(join(b.home, 'fault'))).toBe(true)
    model.release()
    expect((await b.run(['wait', id])).code).toBe(0)
    expect((await b.events(id)).filter(({ type }) => type === 'turn.edited').length).toBe(1)
    expect(heard().includes('second as edited')).toBe(true)
    expect(heard().includes('second as sent')).toBe(false)
  })

  test('resume tries the turn before a withdrawn one again', async () => {
    const id = await busy()
    await b.run(['send', id, 'second'])
    await b.run(['withdraw', id, '2'])
    await b.run(['stop', id])
    model.load({ after: { text: 'fine' } })
    expect((await b.run(['resume', id])).stdout).toBe(`${id} queued\n`)
    expect((await b.run(['wait', id])).code).toBe(0)
    expect((await b.status(id)).turns.map(({ state, attempt }) => [state, attempt])).toEqual([
      ['done', 2],
      ['stopped', 0],
    ])
  })
  test('the first turn of a task that waits for its place: edited, its commit is named after the new prompt; withdrawn, it never begins', async () => {
    writeFileSync(join(b.home, 'config.toml'), 'concurrency = 1\n')
    const remote = await startFileRemote()
    try {
      const first = await busy()
      const job = ['--engine', flag, '--base-url', model.url, '--repo', remote.url, '--branch', 'main']
      const edited = (await b.run(['start', ...job, 'as it was'])).stdout.trim()
      const taken = (await b.run(['start', ...job, 'never'])).stdout.trim()
      await b.run(['edit', edited, '1', 'as it is now'])
      expect((await b.run(['withdraw', taken, '1'])).code).toBe(0)
      expect((await b.run(['wait', taken])).stdout).toBe(`${taken} stopped\n`)
      expect((await b.events(taken)).map(({ type }) => type)).not.toContain('turn.started')
      model.load({ steps: [{ text: 'a', shell: 'echo x > x.txt' }] })
      await b.run(['stop', first])
      expect((await b.run(['wait', edited])).code).toBe(0)
      expect(git(remote.bare, ['log', '-1', '--format=%s', `berth/${edited}`])).toBe('as it is now')
      expect(heard().includes('as it is now')).toBe(true)
      expect(heard().includes('as it was')).toBe(false)
    } finally {
      await remote.close()
    }
  })
})
