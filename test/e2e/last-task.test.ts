import { expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { testBench } from '../fixtures/test-bench.ts'

const engine = rootfulEngines().slice(0, 1)

const t = testBench('test')
const start = async (flag: string, ...args: string[]) => {
  const given = ['start', '--engine', flag, '--agent', 'noop', '--no-repo', ...args]
  return (await t.b.run(given)).stdout.trim()
}

test.each(engine)(
  'where no id is given it is the last task, which is said; never to stop or remove one, on $name',
  async ({ flag }) => {
    expect(await t.b.run(['status'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no task yet'),
    })
    const first = await start(flag, '--name', 'first', 'one')
    const last = await start(flag, '--name', 'second', 'two')
    await t.b.run(['wait', first, last])

    const status = await t.b.run(['status', '--json'])
    expect(JSON.parse(status.stdout)).toMatchObject({ id: last, prompt: 'two' })
    expect(status.stderr).toBe(`berth: ${last}, the last task: second\n`)
    const log = await t.b.run(['log'])
    expect([log.code, log.stdout.includes(`[task ${last}: noop`), log.stdout.includes('prompt: two')]).toEqual([
      0,
      true,
      true,
    ])
    expect((await t.b.run(['diff'])).stderr).toContain(`berth: ${last}, the last task`)

    const sent = await t.b.run(['send', '--follow', 'a further prompt'])
    expect(sent).toMatchObject({ code: 0, stderr: expect.stringContaining(`berth: ${last}, the last task`) })
    const prompts = async (id: string) => (await t.b.status(id)).turns.map(({ prompt }) => prompt)
    expect(await prompts(last)).toEqual(['two', 'a further prompt'])
    const WITHOUT_PROMPT = {
      [last]: 'no prompt',
      [last.slice(0, 6)]: ' could be ',
      't-nosuchtask': 'no',
      first: 'no prompt',
    }
    for (const [id, words] of Object.entries(WITHOUT_PROMPT))
      expect(await t.b.run(['send', id]), id).toMatchObject({ code: 2, stderr: expect.stringContaining(words) })
    expect(await prompts(last)).toHaveLength(2)
    expect(await prompts(first)).toHaveLength(1)

    for (const verb of ['stop', 'rm', 'archive', 'push', 'resume'])
      expect(await t.b.run([verb]), verb).toMatchObject({ code: 2, stderr: expect.stringContaining("argument 'id'") })
  },
)

test.each(engine)(
  'ls --watch tells in a pipe of each task that has changed, also of its end, on $name',
  async ({ flag }) => {
    const watching = t.b.begin(['ls', '--watch', '--json'])
    const id = await start(flag, 'one')
    const seen = () =>
      watching
        .seen()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as TaskRecord)
    while (!seen().some((task) => task.id === id && task.state === 'done'))
      await new Promise((resolve) => watching.child.stdout?.once('data', resolve))
    watching.child.kill('SIGINT')
    await watching.over
    expect(new Set(seen().map((task) => task.id))).toEqual(new Set([id]))
    expect((await t.b.run(['ls', '--watch', '--quiet'])).code).toBe(2)
  },
)
