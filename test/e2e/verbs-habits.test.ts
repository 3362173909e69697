import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const flag = rootfulEngines()[0]?.flag ?? 'docker'
const t = testBench('test')

const begin = ['start', '--engine', flag]
const quick = async (...args: readonly string[]) =>
  (await t.b.run([...begin, '--agent', 'noop', ...args, 'nothing'])).stdout.trim()
const failing = () => quick('--provider-arg', 'exit=3')
/** One that waits for the model to be released. */
const slow = async () => {
  t.model.load({ steps: [{ hang: 'head' }], after: { text: 'fine' } })
  const id = (await t.b.run([...begin, '--base-url', t.model.url, 'wait for it'])).stdout.trim()
  // Not let go before it is there.
  while (t.model.requests.length === 0) await sleep(20)
  return id
}

test('a prompt and a title: by stdin with - for start, run and send, a title of its own or the first line', async () => {
  t.model.load({ after: { text: 'fine' } })
  const input = 'the first line\nand a second'
  const id = (await t.b.run([...begin, '--base-url', t.model.url, '-'], { input })).stdout.trim()
  expect((await t.b.run(['wait', id])).code).toBe(0)
  expect((await t.b.status(id)).title).toBe('the first line')
  expect((await t.b.run(['send', '--follow', id, '-'], { input: 'sent by\nstdin' })).code).toBe(0)
  expect((await t.b.status(id)).turns.map(({ prompt }) => prompt)).toEqual(['the first line', 'sent by'])
  const ran = await t.b.run(['run', '--engine', flag, '--base-url', t.model.url, '--title', 'My title', '-'], { input })
  expect(ran.code).toBe(0)
  const { tasks } = await t.b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
  expect(tasks.map(({ title }) => title).sort()).toEqual(['My title', 'the first line'])
})

test('status --wait: until all are over, with the outcome as exit code; --wait-any: until one is; --timeout', async () => {
  const long = await slow()
  const done = await quick()
  const failed = await failing()
  expect((await t.b.run(['status', '--wait', done, failed])).code).toBe(1)
  const any = await t.b.run(['status', '--wait-any', '--json', long, done])
  expect(any.code).toBe(0)
  expect(JSON.parse(any.stdout)).toMatchObject({ id: done, state: 'done' })
  expect(await t.b.run(['wait', '--any', '--timeout', '60s', long, done])).toMatchObject({
    code: 0,
    stdout: `${done} done\n`,
  })
  for (const verb of [
    ['status', '--wait'],
    ['wait', '--any'],
  ])
    expect(await t.b.run([...verb, '--timeout', '200ms', long])).toMatchObject({ code: 8, stdout: '' })
  expect(await t.b.run(['status', '--wait', '--timeout', '5', long])).toMatchObject({ code: 2 })
  await t.model.release()
  expect(await t.b.run(['status', '--wait', long])).toMatchObject({ code: 0, stdout: expect.stringContaining('done') })
})

test('stop -a, archive -a, ls --state and -a', async () => {
  const [one, two] = [await slow(), await quick('--provider-arg', 'sleep=600')]
  const done = await quick()
  await t.b.run(['wait', done])
  const stopped = await t.b.run(['stop', '-a'])
  expect(stopped.stdout.trim().split('\n').sort()).toEqual([`${one} stopped`, `${two} stopped`].sort())
  expect((await t.b.run(['ls', '--state', 'done', '-q'])).stdout).toBe(`${done}\n`)
  expect((await t.b.run(['archive', '-a'])).stdout.trim().split('\n').length).toBe(3)
  expect((await t.b.run(['ls', '-q'])).stdout).toBe('')
  expect((await t.b.run(['ls', '-aq'])).stdout.trim().split('\n').length).toBe(3)
})

test('log -F goes on over further turns, also while none is under way, and over a lost supervisor; -n begins with the last events', async () => {
  const id = await slow()
  const forever = t.b.begin(['log', '-F', '-n', '1', '--json', id])
  const said = async (turn: number) => {
    while (!forever.seen().includes(`"type":"turn.ended","turn":${turn}`)) {
      if (forever.child.exitCode !== null) throw new Error(`it ended: ${forever.seen()}`)
      await new Promise((resolve) => forever.child.stdout?.once('data', resolve))
    }
  }
  await new Promise((resolve) => forever.child.stdout?.once('data', resolve))
  await t.model.release()
  await said(1)
  await t.b.until(id, (event) => event.type === 'container.removed')
  await t.b.run(['send', id, 'second'])
  await said(2)
  process.kill((await t.b.supervisor()) ?? 0, 'SIGKILL')
  await t.b.run(['send', id, 'third'])
  await said(3)
  forever.child.kill('SIGINT')
  await forever.over
  const events = forever
    .seen()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
  const first = events[0]?.seq ?? 0
  expect(first).toBeGreaterThan(1)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => first + i))
})

test('log --turn, --since, --tail and a selector', async () => {
  t.model.load({ after: { text: 'fine' } })
  const id = (await t.b.run([...begin, '--base-url', t.model.url, '--label', 'batch=7', 'first'])).stdout.trim()
  await t.b.run(['wait', id])
  await t.b.run(['send', '--follow', id, 'second'])
  const of = async (...args: readonly string[]) =>
    (await t.b.run(['log', '--json', ...args])).stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event & { taskId?: string })
  // The last event of a turn: the removal of its container, which comes after its end.
  await expect.poll(() => of('--turn', '2', id).then((events) => events.at(-1)?.type)).toBe('container.removed')
  const second = await of('--turn', '2', id)
  expect(second.length).toBeGreaterThan(5)
  expect(second.every((event) => 'turn' in event && event.turn === 2)).toBe(true)
  const all = await of(id)
  expect(await of('--tail', '3', id)).toEqual(all.slice(-3))
  const from = second[0]?.at ?? ''
  expect(await of('--since', from, id)).toEqual(all.filter(({ at }) => at >= from))
  expect(await of('--since', '1h', id)).toEqual(all)
  expect((await of('--label', 'batch=7')).map(({ taskId }) => taskId)).toEqual(all.map(() => id))
  expect((await t.b.run(['log', '--raw', '--turn', '2', id])).stdout.match(/thread\.started/g)?.length).toBe(1)
  expect((await t.b.run(['log', '--raw', id])).stdout.match(/thread\.started/g)?.length).toBe(2)
  for (const args of [
    ['--since', 'yesterday'],
    ['--tail', '-1'],
    ['--turn', 'x'],
  ])
    expect(await t.b.run(['log', ...args, id])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(args.join(' ')),
    })
  expect(await t.b.run(['log', '--label', 'batch=8'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no such task'),
  })
})
