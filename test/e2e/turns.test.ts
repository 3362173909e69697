import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines())('further turns on $name', ({ flag, name }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    model = await startModelServer()
  })
  afterAll(() => model.close())
  beforeEach(async () => {
    b = berth()
    remote = await startFileRemote()
    model.reset()
  })
  afterEach(async () => {
    await b.close()
    await remote.close()
  })
  const start = async (...args: readonly string[]) => {
    const ran = await b.run([
      'start',
      '--engine',
      flag,
      '--repo',
      remote.url,
      '--branch',
      'main',
      '--base-url',
      model.url,
      ...args,
      'first prompt',
    ])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }

  test('send: the session goes on in a fresh container, the work is pushed onto the same branch', async () => {
    model.load({
      steps: [
        { text: 'a', shell: 'echo one > one.txt' },
        { text: 'done one' },
        { contains: 'first prompt', text: 'b', shell: 'cat one.txt; echo two > two.txt' },
        { contains: 'second prompt', text: 'done two' },
      ],
    })
    const id = await start()
    expect((await b.run(['wait', id])).code).toBe(0)
    const first = await b.status(id)
    expect((await b.run(['send', id, 'second prompt'])).stdout).toBe(`${id} turn 2\n`)
    expect((await b.run(['wait', id])).code).toBe(0)
    const record = await b.status(id)
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done'])
    expect(record.session).toBe(first.session)
    const events = await b.events(id)
    const containers = events.flatMap((event) => (event.type === 'container.created' ? [event.id] : []))
    expect(new Set(containers).size).toBe(2)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    expect(events.find((event) => event.type === 'agent.tool.end' && event.turn === 2)).toMatchObject({
      output: expect.stringContaining('one'),
    })
    expect(git(remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('2')
    expect(git(remote.bare, ['show', `berth/${id}:two.txt`])).toBe('two')
    expect(events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))).toEqual([
      'a',
      'done one',
      'b',
      'done two',
    ])
  })

  if (name !== 'docker') return

  test('sends to a turn that runs begin after it, in order, also two at once', async () => {
    model.load({ steps: [{ text: 'a', shell: 'sleep 2' }, { text: 'end 1' }], after: { text: 'end' } })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    const [one, two] = await Promise.all([b.run(['send', id, 'second']), b.run(['send', id, 'third'])])
    expect([one.stdout, two.stdout].sort()).toEqual([`${id} turn 2\n`, `${id} turn 3\n`])
    expect((await b.run(['wait', id])).code).toBe(0)
    const record = await b.status(id)
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done', 'done'])
    expect(
      record.turns
        .slice(1)
        .map((turn) => turn.prompt)
        .sort(),
    ).toEqual(['second', 'third'])
  })

  test('--interrupt ends the turn that runs first', async () => {
    model.load({ steps: [{ text: 'a', shell: 'sleep 600' }, { text: 'after the interrupt' }] })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    const sent = await b.run(['send', '--interrupt', '--follow', id, 'look elsewhere'])
    expect(sent.code).toBe(0)
    expect((await b.status(id)).turns.map((turn) => turn.state)).toEqual(['stopped', 'done'])
  })

  test('stop takes queued turns back', async () => {
    model.load({ steps: [{ text: 'a', shell: 'sleep 600' }] })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    await b.run(['send', id, 'never'])
    expect((await b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
    expect((await b.status(id)).turns.map((turn) => turn.state)).toEqual(['stopped', 'stopped'])
  })

  test('resume: a stopped turn goes on in its session, one that never began gets its prompt again', async () => {
    model.load({ steps: [{ text: 'a', shell: 'echo kept > kept.txt; sleep 600' }, { text: 'went on' }] })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    await b.run(['stop', id])
    expect((await b.run(['resume', id])).stdout).toBe(`${id} queued\n`)
    expect((await b.run(['wait', id])).code).toBe(0)
    const record = await b.status(id)
    expect(record.turns).toMatchObject([{ turn: 1, state: 'done', attempt: 2 }])
    expect(git(remote.bare, ['show', `berth/${id}:kept.txt`])).toBe('kept')
    const again = (await b.events(id)).find((event) => event.type === 'turn.again')
    expect(again).toMatchObject({ attempt: 2, prompt: expect.stringContaining('Continue') })
  })

  test('a wrong key fails the turn, the right one resumes it', async () => {
    model.load({ key: 'sk-the-right-one', after: { text: 'fine now' } })
    const id = await start()
    expect((await b.run(['wait', id])).code).toBe(6)
    expect((await b.run(['resume', id], { env: { OPENAI_API_KEY: 'sk-the-right-one' } })).code).toBe(0)
    expect((await b.run(['wait', id])).code).toBe(0)
    expect((await b.run(['send', id, 'more'], { env: { OPENAI_API_KEY: 'sk-the-right-one' } })).code).toBe(0)
    expect((await b.run(['wait', id])).code).toBe(0)
  })

  test('a queued turn survives the supervisor', async () => {
    model.load({ steps: [{ text: 'a', shell: 'sleep 2' }, { text: 'end 1' }], after: { text: 'end' } })
    const id = await start()
    await b.until(id, (event) => event.type === 'agent.tool.start')
    await b.run(['send', id, 'second'])
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    expect((await b.run(['wait', id])).code).toBe(0)
    expect((await b.status(id)).turns.map((turn) => turn.state)).toEqual(['done', 'done'])
  })

  test('what cannot be is one error and changes nothing', async () => {
    model.load({ after: { text: 'fine' } })
    const id = await start()
    await b.run(['wait', id])
    const before = (await b.status(id)).seq
    expect(await b.run(['resume', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('is done') })
    expect(await b.run(['send', id, ''])).toMatchObject({ code: 2, stderr: expect.stringContaining('empty') })
    expect(await b.run(['send', 't-zzz', 'x'])).toMatchObject({ code: 2 })
    expect((await b.status(id)).seq).toBe(before)
  })
})
