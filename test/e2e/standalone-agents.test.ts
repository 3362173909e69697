import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootfulEngines, TEST_ALL, type TestEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { terminal } from '../fixtures/terminal.ts'
import { TEST_AGENTS, type TestAgent } from '../fixtures/test-agents.ts'
import { BUILD_MS, buildWorker, runArgv, runImage, workFolder } from '../fixtures/worker-image.ts'

const KEY = 'sk-canary-5ta9da10ne'
const PRESS_MS = 500
/** The CLIs' own variables of the model's address, by that of the key. */
const ADDRESSES: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'OPENAI_BASE_URL',
  ANTHROPIC_API_KEY: 'ANTHROPIC_BASE_URL',
  GEMINI_API_KEY: 'GOOGLE_GEMINI_BASE_URL',
}

/** Docker with each CLI but Codex, whose cases standalone.test.ts has; Podman with Codex. All in `make test-all`. */
const runsHere = ({ kind }: TestEngine, { id }: TestAgent): boolean =>
  TEST_ALL || (kind === 'docker') === (id !== 'codex')
/** On a terminal: Codex on Docker. All in `make test-all`. */
const chatsHere = ({ kind }: TestEngine, { id }: TestAgent): boolean =>
  TEST_ALL || (kind === 'docker' && id === 'codex')

const pairs = (isHere: typeof runsHere) =>
  rootfulEngines().flatMap((engine) =>
    TEST_AGENTS.filter((agent) => isHere(engine, agent)).map((agent) => ({
      engine,
      agent,
      on: engine.name,
      id: agent.id,
    })),
  )

describe.concurrent('the agents of the image alone', () => {
  let model: ModelServer
  let remote: HttpRemote
  beforeAll(async () => {
    await buildWorker(rootfulEngines())
    model = await startModelServer()
    remote = await startHttpRemote()
  }, BUILD_MS)
  afterAll(async () => {
    await model.close()
    await remote.close()
  })

  const variables = (agent: TestAgent, scenario: string) => ({
    REPO_URL: remote.url,
    PROVIDER: agent.id,
    MODEL: agent.model,
    [agent.key]: KEY,
    [ADDRESSES[agent.key] ?? '']: `${model.url}/s/${scenario}${agent.basePath}`,
  })

  test.each(pairs(runsHere))('$id runs on $on, for any user and with a read-only root', async ({ engine, agent }) => {
    using folder = workFolder()
    const name = `${engine.name}-${agent.id}`
    model.load({ key: KEY, steps: [{ shell: 'echo made > made.txt; whoami' }, { text: 'It is written.' }] }, name)
    const ran = await runImage(engine, {
      flags: [...folder.mount, '--user', '4242:4242', '--read-only'],
      env: { ...variables(agent, name), PROMPT: 'make it', PUSH: '1' },
    })
    expect(ran.stderr).toContain('berth: done')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toContain('* It is written.')
    expect(folder.read('repo/made.txt')).toBe('made\n')
    expect(folder.exit()).toMatchObject({ provider: agent.id, pushed: { branch: `berth/${folder.exit().run}` } })
    expect(model.requests.some(({ scenario, api }) => scenario === name && api === agent.api)).toBe(true)
  })

  test.each(pairs(chatsHere))('$id chats on a terminal of $on', async ({ engine, agent }) => {
    using folder = workFolder()
    const name = `chat-${engine.name}-${agent.id}`
    model.load({ key: KEY, steps: [{ contains: 'the first prompt', text: 'FIRSTDONE' }] }, name)
    const argv = runArgv(engine, {
      flags: [...folder.mount, '--interactive', '--tty'],
      env: { ...variables(agent, name), MODE: 'chat', PROMPT: 'the first prompt' },
    })
    const shown = terminal([engine.kind, ...argv], { env: { PATH: process.env['PATH'] ?? '' }, limitMs: 90_000 })
    await shown.shows('FIRSTDONE')
    await sleep(PRESS_MS)
    shown.type('\x03')
    await sleep(PRESS_MS)
    shown.type('\x03')
    expect(await shown.over).toBe(0)
    expect(folder.exit()).toMatchObject({ exitCode: 0, class: 'done', mode: 'chat' })
  })
})
