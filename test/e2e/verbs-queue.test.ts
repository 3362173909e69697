import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { QueueAnswer } from '../../src/api/answers.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

describe.each(anyEngine())('turns that wait on $name', ({ flag, name }) => {
  const t = testBench('test')

  /** A task whose first turn waits for the model to be released. */
  const busy = async (env: Readonly<Record<string, string>> = {}) => {
    t.model.load({ steps: [{ hang: 'head' }], after: { text: 'fine' } })
    const id = (
      await t.b.run(['start', '--engine', flag, '--base-url', t.model.url, 'first prompt'], { env })
    ).stdout.trim()
    await t.b.until(id, (event) => event.type === 'agent.session')
    return id
  }
  const heard = () => t.model.requests.map(({ text = '' }) => text).join('\n')

  test('they are listed in order; an edited one is said as it is now, a withdrawn one never', async () => {
    const id = await busy()
    for (const prompt of ['second as sent', 'never said', 'third prompt']) await t.b.run(['send', id, prompt])
    const listed = (await t.b.run(['queue', id])).stdout
    expect(listed.match(/^t-.*$/gm)?.map((line) => line.replace(/^\S+ +(\d) +\S+ +/, '$1 '))).toEqual([
      '2 second as sent',
      '3 never said',
      '4 third prompt',
    ])

    const edited = await t.b.run(['edit', id, '2', '-'], { input: 'second as edited\nwith a second line' })
    expect(edited).toMatchObject({ code: 0, stdout: `${id} turn 2 edited\n` })
    expect(await t.b.run(['withdraw', id, '3'])).toMatchObject({ code: 0, stdout: `${id} turn 3 withdrawn\n` })
    expect((await t.b.run(['withdraw', id, '3'])).code).toBe(0)
    const { tasks } = await t.b.json<{ tasks: QueueAnswer[] }>(['queue', '--all'])
    expect(tasks).toMatchObject([
      {
        id,
        turns: [
          { turn: 2, prompt: 'second as edited\nwith a second line', editedAt: expect.any(String) },
          { turn: 4, prompt: 'third prompt', editedAt: null },
        ],
      },
    ])

    await t.model.release()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    const record = await t.b.status(id)
    expect(record.turns.map(({ state, outcome }) => [state, outcome?.class])).toEqual([
      ['done', 'ok'],
      ['done', 'ok'],
      ['stopped', 'withdrawn'],
      ['done', 'ok'],
    ])
    expect(heard().includes('second as edited\\nwith a second line')).toBe(true)
    expect(heard().includes('third prompt')).toBe(true)
    expect(/second as sent|never said/.test(heard())).toBe(false)
    expect((await t.b.run(['log', id])).stdout).toMatch(
      /turn 2, edited prompt: second as edited\n {2}with a second line\n\[turn 3 withdrawn\]/,
    )
    expect((await t.b.run(['queue', id])).stdout).toBe('TASK  TURN  AGE  PROMPT\n')
  })

  if (name !== 'docker') return

  test('one that has begun, is over or is not there is refused, and nothing changes', async () => {
    const id = await busy()
    await t.b.run(['send', id, 'second'])
    await t.b.run(['withdraw', id, '2'])
    const before = (await t.b.status(id)).seq
    for (const [args, says] of [
      [['edit', id, '1', 'x'], `turn 1 of ${id} is running: edit is possible only while it is queued`],
      [['withdraw', id, '1'], `turn 1 of ${id} is running: withdraw is possible only while it is queued`],
      [['edit', id, '2', 'x'], `turn 2 of ${id} is withdrawn`],
      [['withdraw', id, '7'], `${id} has no turn 7: its turns are 1 to 2`],
      [['edit', id, 'two', 'x'], 'two: not the number of a turn'],
      [['edit', id, '2', ' '], 'the prompt is empty'],
    ] as const)
      expect(await t.b.run(args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) })
    expect((await t.b.status(id)).seq).toBe(before)
    await t.model.release()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect(await t.b.run(['withdraw', id, '1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`turn 1 of ${id} is done`),
    })
  })

  test('an edit whose answer was lost with its supervisor is there once', async () => {
    const id = await busy()
    await t.b.run(['send', id, 'second as sent'])
    process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
    const env = { BERTH_FAULT: 'turn.edited:1' }
    expect(await t.b.run(['edit', id, '2', 'second as edited'], { env })).toMatchObject({ code: 0 })
    expect(existsSync(join(t.b.home, 'fault'))).toBe(true)
    await t.model.release()
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.events(id)).filter(({ type }) => type === 'turn.edited').length).toBe(1)
    expect(heard().includes('second as edited')).toBe(true)
    expect(heard().includes('second as sent')).toBe(false)
  })

  test('resume tries the turn before a withdrawn one again', async () => {
    const id = await busy()
    await t.b.run(['send', id, 'second'])
    await t.b.run(['withdraw', id, '2'])
    await t.b.run(['stop', id])
    t.model.load({ after: { text: 'fine' } })
    expect((await t.b.run(['resume', id])).stdout).toBe(`${id} queued\n`)
    expect((await t.b.run(['wait', id])).code).toBe(0)
    expect((await t.b.status(id)).turns.map(({ state, attempt }) => [state, attempt])).toEqual([
      ['done', 2],
      ['stopped', 0],
    ])
  })
  test('the first turn of a task that waits for its place: edited, its commit is named after the new prompt; withdrawn, it never begins', async () => {
    t.b.env['BERTH_CONCURRENCY'] = '1'
    const first = await busy()
    const job = ['--engine', flag, '--base-url', t.model.url, '--repo', t.remote.url, '--branch', 'main']
    const edited = (await t.b.run(['start', ...job, 'as it was'])).stdout.trim()
    const taken = (await t.b.run(['start', ...job, 'never'])).stdout.trim()
    await t.b.run(['edit', edited, '1', 'as it is now'])
    expect((await t.b.run(['withdraw', taken, '1'])).code).toBe(0)
    expect((await t.b.run(['wait', taken])).stdout).toBe(`${taken} stopped\n`)
    expect((await t.b.events(taken)).map(({ type }) => type)).not.toContain('turn.started')
    t.model.load({ steps: [{ text: 'a', shell: 'echo x > x.txt' }] })
    await t.b.run(['stop', first])
    expect((await t.b.run(['wait', edited])).code).toBe(0)
    expect(git(t.remote.bare, ['log', '-1', '--format=%s', `berth/${edited}`])).toBe('as it is now')
    expect(heard().includes('as it is now')).toBe(true)
    expect(heard().includes('as it was')).toBe(false)
  })
})
