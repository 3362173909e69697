import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'

describe.each(rootfulEngines().slice(0, 1))('log of several tasks on $name', ({ flag }) => {
  let b: Berth
  let model: ModelServer
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    model.load({ steps: [], after: { text: 'end of it' } })
  })
  afterAll(async () => {
    await b.close()
    await model.close()
  })
  const start = async () => (await b.run(['start', '--engine', flag, '--base-url', model.url, 'work'])).stdout.trim()

  test('each line and each event names its task; followed, it ends with the last of them', async () => {
    const [one, two] = [await start(), await start()]
    const followed = await b.run(['log', '-f', one, two])
    expect(followed.code).toBe(0)
    const lines = followed.stdout.trimEnd().split('\n')
    expect(lines.filter((line) => !line.startsWith(`${one} | `) && !line.startsWith(`${two} | `))).toEqual([])
    for (const id of [one, two]) expect(followed.stdout).toMatch(new RegExp(`^${id} \\| .*done`, 'm'))

    // Nothing more is told then.
    for (const id of [one, two]) await b.until(id, ({ type }) => type === 'container.removed')
    const events = (await b.run(['log', '--json', one, two])).stdout.trimEnd().split('\n')
    const parsed = events.map((line) => JSON.parse(line) as Event & { taskId: string })
    expect(new Set(parsed.map(({ taskId }) => taskId))).toEqual(new Set([one, two]))
    expect(parsed.filter(({ taskId }) => taskId === two)).toEqual(
      (await b.events(two)).map((e) => ({ ...e, taskId: two })),
    )

    expect((await b.run(['log', '--raw', one, two])).stderr).toContain('--raw: the bytes of one task alone')
    expect((await b.run(['log', one, 't-none'])).stderr).toContain('t-none: there is no such task')
  })
})
