import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyEngine, firstCase, TEST_ALL } from '../fixtures/engines.ts'
import { AGENTS, type LoginAgent, workLogin } from '../fixtures/issuers/agent-logins.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'

describe.each(anyEngine())('a token that expires in the middle of a turn, on $name', ({ flag }) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
  })
  afterEach(() => bench.close())

  /** A task whose token has expired when the agent has run its first command. */
  const startExpiring = async (agent: LoginAgent): Promise<string> => {
    const { b, issuers } = bench
    issuers.model.load({ steps: [{ hang: 'head', shell: 'true' }, { text: 'fine' }] })
    const ran = await b.run(['start', ...workLogin(b.home, issuers, agent), 'say it'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const { requests } = issuers.model
    await waitFor(
      () => requests.some(({ kind, status }) => kind === 'main' && status === undefined),
      'its first request',
    )
    issuers.tokens(AGENTS[agent].issuer).expire()
    await issuers.model.release()
    return ran.stdout.trim()
  }

  test.each(firstCase(Object.keys(AGENTS) as LoginAgent[]))('%s does not notice', async (agent) => {
    const { b, issuers } = bench
    const id = await startExpiring(agent)
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(await b.status(id)).toMatchObject({
      state: 'done',
      login: 'work',
      reason: expect.not.stringContaining('401'),
    })
    const { issuer } = AGENTS[agent]
    expect(issuers.count(`${issuer}-token`)).toBe(1)
    const asked = issuers.requests.filter(({ name }) => name.startsWith(`${issuer}-model`))
    expect(asked.filter(({ status }) => status === 401).length).toBeGreaterThan(0)
    expect(asked.at(-1)?.status).toBe(200)
    expect((await b.events(id)).filter(({ type }) => type === 'gateway.verdict')).toEqual([])
  })

  test.runIf(TEST_ALL)('a supervisor that is killed while the gateway holds the request', async () => {
    const { b, issuers } = bench
    const stall = issuers.stall('token')
    const id = await startExpiring('gemini')
    await stall.reached
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    stall.release()
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    expect(await b.status(id)).toMatchObject({ state: 'done', login: 'work' })
    expect(issuers.requests.filter(({ name }) => name === 'google-token').map(({ status }) => status)).toEqual([200])
  })
})
