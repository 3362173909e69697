import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine, rootfulEngines, TEST_ALL, type TestEngine } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'

const KEY = 'sk-real-key-of-the-test'

type Turn = {
  readonly code: number | null
  readonly record: TaskRecord
  readonly events: readonly Event[]
}

/** A port of loopback on which nobody listens. */
const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const verdicts = (events: readonly Event[]) =>
  events.flatMap((event) => (event.type === 'gateway.verdict' ? [event.verdict] : []))

const bench = (engine: TestEngine) => {
  let b: Berth
  let model: ModelServer
  let names = 0
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
  })
  afterAll(async () => {
    await b.close()
    await model.close()
  })
  /** A turn against that address, by the built CLI. */
  const at = async (baseUrl: string, flags: readonly string[] = []): Promise<Turn> => {
    const ran = await b.run([
      'run',
      '--json',
      '--engine',
      engine.flag,
      '--agent',
      'codex',
      '--base-url',
      baseUrl,
      ...flags,
      'do it',
    ])
    const events = ran.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event)
    const first = events[0]
    if (first?.type !== 'task.created') throw new Error(`no task: ${ran.stderr}`)
    expect(ran.stdout).not.toContain(KEY)
    expect(ran.code, ran.stderr).not.toBe(70)
    return { code: ran.code, record: await b.status(first.task.id), events }
  }
  /** A turn with a model that goes by this script, on a path of its own, so that turns may run side by side. */
  const against = (scenario: Scenario, flags: readonly string[] = []) => {
    names += 1
    const name = `case-${names}`
    model.load(scenario, name)
    return at(`${model.url}/s/${name}/v1`, flags).then((turn) => ({
      ...turn,
      asked: model.requests.filter((one) => one.scenario === name && one.kind === 'main').length,
    }))
  }
  return { at, against }
}

const always = (step: NonNullable<Scenario['after']>): Scenario => ({ after: step })

describe.concurrent.each(anyEngine())('on $name: a refusal that no second try would change', (engine) => {
  const { against } = bench(engine)
  const refusals = [
    { status: 401, error: { message: `Incorrect API key provided: ${KEY}` }, class: 'auth', code: 6 },
    { status: 403, error: { message: 'Country not supported' }, class: 'auth', code: 6 },
    { status: 404, error: { message: 'no model gpt-9', code: 'model_not_found' }, class: 'model', code: 1 },
  ] as const
  test.each(refusals)('$status ends the turn at once', async ({ status, error, class: kind, code }) => {
    const turn = await against(always({ status, error }))
    expect(turn.code).toBe(code)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: kind })
    expect(turn.record.reason).toContain(String(status))
    expect(turn.record.reason).toContain(error.message.replace(KEY, '***'))
    expect(verdicts(turn.events)[0]).toMatchObject({ class: kind, status, fatal: true })
    // Berth ends the turn. The CLI alone would try again, seven seconds long.
    expect(turn.events.map(({ type }) => type)).toContain('stop.requested')
    expect(turn.asked).toBeLessThan(3)
  })
})

describe.concurrent.each(rootfulEngines().slice(0, 1))('on $name', (engine) => {
  const { at, against } = bench(engine)

  test('400: the CLI reports it, with the words of the model', async () => {
    const turn = await against(always({ status: 400, error: { message: 'tools[3] is no tool' } }))
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'model', exitCode: 1 })
    expect(turn.record.reason).toContain('tools[3] is no tool')
    expect(verdicts(turn.events)).toEqual([])
  })

  test('the work outgrows the context window', async () => {
    const turn = await against(
      always({
        stream_error: {
          code: 'context_length_exceeded',
          message: 'Your input exceeds the context window of this model.',
        },
      }),
    )
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'context', exitCode: 1 })
    expect(turn.record.reason).toContain('context window')
  })

  test('429 with a short retry-after: the CLI gets over it', async () => {
    const turn = await against({
      steps: [
        { status: 429, headers: { 'retry-after': '1' }, error: { message: 'slow down' } },
        { text: 'Done at last.' },
      ],
    })
    expect(turn.code).toBe(0)
    expect(turn.record.state).toBe('done')
    expect(verdicts(turn.events)).toMatchObject([{ class: 'rate-limit', status: 429, fatal: false }])
    expect(turn.asked).toBe(2)
  })

  test('429 with a retry-after of ten minutes, and --rate-limit fail: the turn ends, and keeps the time', async () => {
    const began = Date.now()
    const turn = await against(
      always({ status: 429, headers: { 'retry-after': '600' }, error: { message: 'slow down' } }),
      ['--rate-limit', 'fail'],
    )
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'rate-limit' })
    expect(turn.record.reason).toContain('retry-after: 600')
    const [verdict] = verdicts(turn.events)
    expect(Date.parse(verdict?.retryAt ?? '')).toBeGreaterThanOrEqual(began + 600_000)
    expect(Date.parse(verdict?.retryAt ?? '')).toBeLessThan(Date.now() + 600_000)
    expect(turn.asked).toBeLessThan(3)
  })

  test('429 without a time: the CLI gives up by itself', async () => {
    const turn = await against(always({ status: 429, error: { message: 'slow down' } }))
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'rate-limit', exitCode: 1 })
  })

  const FEW = [
    '--provider-arg',
    'model_providers.berth.request_max_retries=1',
    '--provider-arg',
    'model_providers.berth.stream_max_retries=1',
  ]

  test('500: the tries are bounded', async () => {
    const turn = await against(always({ status: 500, error: { message: 'all is on fire' } }), FEW)
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'network', exitCode: 1 })
    expect(turn.asked).toBe(4)
  })

  // The pauses of the CLI take 25 seconds.
  test.runIf(TEST_ALL)('slow: 500 as often as the CLI tries by itself', async () => {
    const turn = await against(always({ status: 500, error: { message: 'all is on fire' } }))
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'network', exitCode: 1 })
    // Five requests for each of six tries.
    expect(turn.asked).toBe(30)
  })

  test('a stream that breaks off once is asked for again', async () => {
    const turn = await against({
      steps: [
        { text: 'half of a', drop: 'body' },
        { text: 'The whole.', usage: { input: 7, output: 3 } },
      ],
    })
    expect(turn.code).toBe(0)
    expect(turn.record.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 })
  })

  test.each([
    ['breaks off', { drop: 'body' }],
    ['has an error in it', { stream_error: { message: 'the model fell over' } }],
  ] as const)('a stream that %s each time', async (_, step) => {
    const turn = await against(always(step), FEW)
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'network', exitCode: 1 })
    expect(turn.record.reason).toContain('stream disconnected')
    expect(turn.asked).toBe(2)
  })

  test('a connection that is refused: three tries, then the end', async () => {
    const port = await freePort()
    const turn = await at(`http://127.0.0.1:${port}/v1`)
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'network' })
    expect(turn.record.reason).toContain(`ECONNREFUSED 127.0.0.1:${port}`)
    expect(verdicts(turn.events)).toMatchObject([{ class: 'unreachable', fatal: true, status: null }])
    expect(turn.record.reason).toContain('3 tries in a row failed')
  })

  test('a host that has no address', async () => {
    const turn = await at('http://model.invalid/v1')
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'network' })
    expect(turn.record.reason).toContain('model.invalid')
    expect(verdicts(turn.events)).toMatchObject([{ class: 'unreachable', fatal: true, status: null }])
  })

  test('a model that stays silent is bounded by the time of the turn', async () => {
    const turn = await against(always({ hang: 'head' }), ['--turn-timeout', '2s'])
    expect(turn.code).toBe(1)
    expect(turn.record.outcome).toMatchObject({ result: 'failed', class: 'limit' })
    expect(turn.record.reason).toContain('--turn-timeout')
    expect(turn.asked).toBeLessThanOrEqual(1)
  })
})
