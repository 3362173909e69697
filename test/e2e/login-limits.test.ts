import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyEngine, firstCase, TEST_ALL } from '../fixtures/engines.ts'
import { AGENTS, type LoginAgent, workLogin } from '../fixtures/issuers/agent-logins.ts'
import { LIMIT_ANSWERS } from '../fixtures/issuers/limit-answers.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'

const SECOND = 1000
const HOUR = 3_600_000
/** From the answer that tells of it: the turn ends meanwhile. */
const WINDOW_MS = 10 * SECOND

describe.each(anyEngine())('limits of subscriptions, on $name', ({ flag }) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
    bench.issuers.model.load({ main: 'all', after: { text: 'fine' } })
  })
  afterEach(() => bench.close())

  const start = async (agent: LoginAgent): Promise<string> => {
    const ran = await bench.b.run(['start', ...workLogin(bench.b.home, bench.issuers, agent), 'say it'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  const waits = async (id: string) => {
    const { state, waiting } = await bench.b.status(id)
    return { state, until: Date.parse(waiting?.until ?? '') }
  }

  test.each(
    firstCase([
      ['codex', LIMIT_ANSWERS.codexUsage],
      ['claude', LIMIT_ANSWERS.claudeRejected],
      ['gemini', (time: Date) => LIMIT_ANSWERS.geminiExhausted(time, 'Quota exceeded for this model.')],
      ['opencode', LIMIT_ANSWERS.codexUsageRetryAfter],
    ] as const),
  )('%s: the task waits until the window opens, and goes on then', async (agent, answer) => {
    let opens = 0
    bench.issuers.answerModel(AGENTS[agent].issuer, () => {
      opens = Date.now() + WINDOW_MS
      return answer(new Date(opens))
    })
    const id = await start(agent)
    await bench.b.until(id, ({ type }) => type === 'turn.waiting')
    const waiting = (await bench.b.events(id)).find((event) => event.type === 'turn.waiting')
    const until = Date.parse(waiting?.until ?? '')
    expect(Math.abs(until - opens)).toBeLessThan(5 * SECOND)
    expect(await bench.b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(await bench.b.status(id)).toMatchObject({ state: 'done', login: 'work' })
    expect(Date.now()).toBeGreaterThanOrEqual(until)
  })

  test.runIf(TEST_ALL)('gemini, which would sleep until then in its container', async () => {
    const opens = new Date(Date.now() + HOUR)
    bench.issuers.answerModel('google', () => LIMIT_ANSWERS.geminiExhausted(opens))
    const id = await start('gemini')
    await bench.b.until(id, ({ type }) => type === 'turn.waiting')
    const { state, until } = await waits(id)
    expect(state).toBe('waiting')
    expect(Math.abs(until - opens.getTime())).toBeLessThan(5 * SECOND)
    await bench.b.run(['stop', id])
  })

  test.each(
    firstCase([
      ['codex', LIMIT_ANSWERS.codexNotIncluded(), 'not included in this plan'],
      ['claude', LIMIT_ANSWERS.claudeNotAllowed(), 'currently not allowed'],
      ['gemini', LIMIT_ANSWERS.geminiValidation(), 'verify your account'],
    ] as const),
  )('%s: what a person has to settle is not waited for', async (agent, answer, says) => {
    bench.issuers.answerModel(AGENTS[agent].issuer, answer, 20)
    const id = await start(agent)
    await bench.b.run(['wait', id])
    const { state, reason, waiting } = await bench.b.status(id)
    expect([state, waiting]).toEqual(['failed', null])
    expect(reason).toContain(says)
    expect(reason).toContain(`berth auth login ${agent} --name work`)
  })
})
