import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import type { Event } from '../../src/domain/event.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { AFTER_FORGERY, forge } from '../fixtures/forge.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

const count = (events: readonly Event[], type: Event['type']) => events.filter((event) => event.type === type).length
const messages = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'agent.message' ? [event.text] : []))

describe.each(rootfulEngines())('a warm container on $name', ({ flag, name, kind, endpoint }) => {
  const t = testBench('test')
  const engine = engineAt(kind, endpoint)

  const start = async (...args: readonly string[]) => {
    const job = ['--engine', flag, '--repo', t.remote.url, '--branch', 'main', '--base-url', t.model.url]
    const ran = await t.b.run(['start', ...job, ...args, 'first prompt'])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const containers = (id: string) => engine.list({ [LABEL.task]: id })
  const send = async (id: string, prompt: string) => expect((await t.b.run(['send', id, prompt])).code).toBe(0)
  const waited = async (id: string) => expect((await t.b.run(['wait', id])).code).toBe(0)
  const isKept = (id: string) => t.b.until(id, (event) => event.type === 'container.kept')
  /** The supervisor, as by kill -9; the next command starts another. */
  const kill = async () => process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')

  test('a prompt within the time is a turn in the same live container and the same session', async () => {
    t.model.load({
      steps: [
        { text: 'a', shell: 'echo here > /tmp/alive; echo one > one.txt' },
        { text: 'done one' },
        { name: 'further', contains: 'first prompt', text: 'b', shell: 'cat /tmp/alive one.txt; echo two > two.txt' },
        { name: 'last', contains: 'second prompt', text: 'done two' },
      ],
    })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    const first = await t.b.status(id)
    expect(Date.parse(first.kept?.until ?? '') - Date.now()).toBeGreaterThan(8 * 60_000)
    expect(first).toMatchObject({ state: 'done', clean: false, container: { state: 'running' } })
    expect((await t.b.run(['ls', '-a'])).stdout).toContain('done (kept)')
    expect((await t.b.run(['status', id])).stdout).toContain('waits for a further prompt until')
    expect(await t.b.run(['exec', id, '--', 'cat', '/tmp/alive'])).toMatchObject({ code: 0, stdout: 'here\n' })
    // No way to the model, and nothing of the turn that is over.
    await expect
      .poll(() => t.b.run(['exec', id, '--', 'sh', '-c', 'find /run/berth -type s; ls /berth/exchange']))
      .toMatchObject({ code: 0, stdout: '' })

    await send(id, 'second prompt')
    await waited(id)
    const record = await t.b.status(id)
    expect(record.turns.map((turn) => turn.state)).toEqual(['done', 'done'])
    expect([record.session, record.container?.id]).toEqual([first.session, first.container?.id])
    expect(t.model.requests.map(({ step }) => step).slice(-2)).toEqual(['further', 'last'])
    const events = await t.b.events(id)
    expect([count(events, 'container.created'), count(events, 'container.kept')]).toEqual([1, 2])
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    expect(messages(events)).toEqual(['a', 'done one', 'b', 'done two'])
    expect(events.find((event) => event.type === 'agent.tool.end' && event.turn === 2)).toMatchObject({
      output: expect.stringContaining('here\none'),
    })
    expect(count(events, 'untrusted')).toBe(0)
    expect(git(t.remote.bare, ['show', `berth/${id}:two.txt`])).toBe('two')
    expect(git(t.remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('2')

    expect((await t.b.run(['stop', id])).stdout).toBe(`${id} done\n`)
    expect(await containers(id)).toEqual([])
    expect(await t.b.status(id)).toMatchObject({
      state: 'done',
      clean: true,
      kept: null,
      container: { state: 'removed' },
    })
  })

  test('when the time is over it goes, and the next prompt gets a fresh one', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start('--keep-alive', '2s')
    await t.b.until(id, (event) => event.type === 'container.removed')
    expect(await containers(id)).toEqual([])
    await send(id, 'second prompt')
    await waited(id)
    const events = await t.b.events(id)
    expect([count(events, 'container.created'), count(events, 'container.kept')]).toEqual([2, 2])
    expect((await t.b.status(id)).turns.map((turn) => turn.state)).toEqual(['done', 'done'])
  })

  test('supervisors that are killed while it waits, and in the middle of its second turn, lose nothing', async () => {
    t.model.load({
      steps: [{ text: 'one' }, { text: 'two', shell: 'echo begun; sleep 3; echo made > made.txt' }, { text: 'three' }],
    })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    await isKept(id)
    await kill()
    await send(id, 'second prompt')
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    await kill()
    await waited(id)
    const events = await t.b.events(id)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i + 1))
    expect(messages(events)).toEqual(['one', 'two', 'three'])
    expect([count(events, 'container.created'), count(events, 'agent.tool.end')]).toEqual([1, 1])
    expect(git(t.remote.bare, ['rev-list', '--count', `main..berth/${id}`])).toBe('1')
    await t.b.run(['rm', id])
    expect(await containers(id)).toEqual([])
  })

  if (name !== 'docker') return

  test('two prompts at the same instant both arrive, once, one after the other', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    const sent = await Promise.all([t.b.run(['send', id, 'red']), t.b.run(['send', id, 'blue'])])
    expect(sent.map(({ stdout }) => stdout).sort()).toEqual([`${id} turn 2\n`, `${id} turn 3\n`])
    await waited(id)
    const record = await t.b.status(id)
    expect(record.turns.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    expect(
      record.turns
        .slice(1)
        .map(({ prompt }) => prompt)
        .sort(),
    ).toEqual(['blue', 'red'])
    const events = await t.b.events(id)
    expect([count(events, 'container.created'), messages(events).length]).toEqual([1, 3])
    // Each turn's request holds the prompts and answers of those before it.
    const held = t.model.requests.filter(({ kind }) => kind === 'main').map((request) => request.messages ?? 0)
    expect(held.map((sum) => sum - (held[0] ?? 0))).toEqual([0, 2, 4])
  })

  test('one that dies is told, and the next prompt gets a fresh one', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    await isKept(id)
    await engine.kill((await t.b.status(id)).container?.id ?? '', 'SIGKILL')
    await t.b.until(id, (event) => event.type === 'container.removed')
    expect(await t.b.status(id)).toMatchObject({ state: 'done', kept: null, clean: true })
    await send(id, 'second prompt')
    await waited(id)
    expect(count(await t.b.events(id), 'container.created')).toBe(2)
  })

  test('a prompt that was taken in for a container which is gone since gets a fresh one', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    await isKept(id)
    await kill()
    // Planned in the warm container, and killed before anything of it has begun.
    const sending = t.b.begin(['send', id, 'second prompt'], { env: { BERTH_FAULT: 'turn.sent:1' } })
    await t.b.until(id, (event) => event.type === 'turn.planned' && event.turn === 2)
    const container = (await containers(id))[0]?.id ?? ''
    await engine.remove(container)
    expect((await sending.over).code).toBe(0)
    await waited(id)
    expect((await t.b.status(id)).turns.map(({ state }) => state)).toEqual(['done', 'done'])
    const events = await t.b.events(id)
    expect([count(events, 'container.created'), messages(events).length]).toEqual([2, 2])
  })

  test('a turn that its agent has failed keeps it; resume takes a fresh one all the same', async () => {
    const job = ['--engine', flag, '--agent', 'noop', '--provider-arg', 'exit=3', '--keep-alive', '10m']
    const id = (await t.b.run(['start', ...job, 'fail'])).stdout.trim()
    expect((await t.b.run(['wait', id])).code).toBe(1)
    expect(await t.b.status(id)).toMatchObject({ state: 'failed', exitCode: 3, container: { state: 'running' } })
    await send(id, 'again')
    expect((await t.b.run(['wait', id])).code).toBe(1)
    expect(count(await t.b.events(id), 'container.created')).toBe(1)
    expect((await t.b.run(['resume', id])).code).toBe(0)
    expect((await t.b.run(['wait', id])).code).toBe(1)
    expect(count(await t.b.events(id), 'container.created')).toBe(2)
    expect((await containers(id)).map((found) => found.name)).toEqual([`berth-${id}-2-2`])
    await t.b.run(['archive', '--force', id])
    expect(await containers(id)).toEqual([])
    expect(await t.b.status(id)).toMatchObject({ archived: true, kept: null, clean: true })
  })

  test('a stop ends the turn and its container', async () => {
    t.model.load({ steps: [{ text: 'a', shell: 'sleep 600' }], after: { text: 'fine' } })
    const id = await start('--keep-alive', '10m')
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    expect((await t.b.run(['stop', id])).stdout).toBe(`${id} stopped\n`)
    expect(await t.b.status(id)).toMatchObject({ kept: null })
    expect(await containers(id)).toEqual([])
  })

  test('it has no place in the queue; a prompt that is taken back leaves it, one that waits for a place has it', async () => {
    t.b.env['BERTH_CONCURRENCY'] = '1'
    const noop = async (...args: readonly string[]) =>
      (await t.b.run(['start', '--engine', flag, '--agent', 'noop', ...args, 'work'])).stdout.trim()
    const id = await noop('--keep-alive', '10m')
    await waited(id)
    await isKept(id)
    const other = await noop('--provider-arg', 'sleep=600')
    await t.b.until(other, (event) => event.type === 'agent.started')
    await send(id, 'second prompt')
    expect((await t.b.status(id)).state).toBe('queued')
    expect((await t.b.run(['withdraw', id, '2'])).code).toBe(0)
    await waited(id)
    await send(id, 'third prompt')
    expect((await t.b.status(id)).state).toBe('queued')
    await t.b.run(['stop', other])
    await waited(id)
    const events = await t.b.events(id)
    expect([count(events, 'container.created'), count(events, 'container.kept')]).toEqual([1, 2])
    expect((await t.b.status(id)).turns.map(({ startedAt }) => startedAt !== null)).toEqual([true, false, true])
  })

  test('a turn that waits for a time has none', async () => {
    t.model.load({ after: { status: 429, error: { message: 'slow down' } } })
    const id = await start('--keep-alive', '10m', '--retries', '1', '--retry-delay', '30m')
    await t.b.until(id, (event) => event.type === 'container.removed')
    expect(count(await t.b.events(id), 'container.kept')).toBe(1)
    expect(await t.b.status(id)).toMatchObject({ state: 'waiting', kept: null })
    expect(await containers(id)).toEqual([])
  })

  test('files go with a prompt to it', async () => {
    const path = join(t.b.folder, 'notes.txt')
    writeFileSync(path, 'read me')
    t.model.load({ steps: [{ text: 'one' }, { text: 'two', shell: 'cat /berth/exchange/files/notes.txt' }] })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    expect((await t.b.run(['send', '--file', path, id, 'second prompt'])).code).toBe(0)
    await waited(id)
    const events = await t.b.events(id)
    expect(events.find((event) => event.type === 'agent.tool.end')).toMatchObject({
      output: expect.stringContaining('read me'),
    })
    expect(count(events, 'container.created')).toBe(1)
  })

  test('an agent that says in the name of its worker that it is over: nothing is pushed, and nothing of it stays', async () => {
    const frames = Array.from({ length: 400 }, (_, i) =>
      JSON.stringify({ v: 1, n: i + 1, t: Date.now(), k: 'idle', code: 0 }),
    )
    t.model.load({ steps: [{ text: 'a', shell: `${AFTER_FORGERY}; echo made > made.txt; sleep 600` }] })
    const id = await start('--keep-alive', '10m')
    await t.b.until(id, (event) => event.type === 'agent.tool.start')
    forge(kind, `berth-${id}-1-1`, frames)
    await t.b.until(id, (event) => event.type === 'container.removed')
    const record = await t.b.status(id)
    expect(record).toMatchObject({ state: 'failed', kept: null, pushed: null })
    expect(count(await t.b.events(id), 'container.kept')).toBe(1)
    expect(await containers(id)).toEqual([])
    expect(git(t.remote.bare, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/main')
  })

  test('prune leaves it', async () => {
    t.model.load({ after: { text: 'fine' } })
    const id = await start('--keep-alive', '10m')
    await waited(id)
    await isKept(id)
    const pruned = await t.b.json<{ kept: object[]; pruned: object[] }>(['prune'])
    expect(pruned).toMatchObject({ pruned: [], kept: [{ id, why: expect.stringContaining('warm container') }] })
    expect((await containers(id)).length).toBe(1)
  })
})
