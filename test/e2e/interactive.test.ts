import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { TEST_ALL, type TestEngine, testEngines } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { TEST_AGENTS, type TestAgent } from '../fixtures/test-agents.ts'
import { watchTerminal } from '../fixtures/watch-terminal.ts'

const KEY = 'sk-canary-70c3a1f2b9'
const PRESS_MS = 500
/** By itself, or of a Ctrl-C that comes when it has given the keyboard back. */
const QUIT = ['0', '130']
const TRUST = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }

/** Docker with all of them; the others with one each, and with all in `make test-all`. */
const AGENTS_OF: Readonly<Record<TestEngine['name'], readonly string[]>> = {
  docker: TEST_AGENTS.map(({ id }) => id),
  podman: ['codex'],
  rootless: ['claude'],
}
const pairs = testEngines().flatMap((engine) =>
  TEST_AGENTS.filter(({ id }) => TEST_ALL || AGENTS_OF[engine.name].includes(id)).map((agent) => ({
    engine,
    agent,
    on: engine.name,
    id: agent.id,
  })),
)

/** Where another turn follows: with one agent on Docker, and with all in `make test-all`. */
const goesOn = (engine: TestEngine, { id }: TestAgent): boolean =>
  TEST_ALL || (engine.name === 'docker' && id === 'codex')

const SCENARIO: Scenario = {
  key: KEY,
  steps: [
    { contains: 'concise, single-line task title', text: '{"title":"words"}' },
    {
      contains: 'the first prompt',
      text: 'I write the file.',
      shell: 'echo made-by-agent > made.txt; git add . && git commit -qm "by the agent"',
      usage: { input: 1000, cached: 400, output: 30, reasoning: 10 },
    },
    { contains: 'I write the file.', text: 'FIRSTDONE', usage: { input: 1100, cached: 1000, output: 5, reasoning: 2 } },
    { contains: 'typed words', text: 'SECONDDONE', usage: { input: 1200, cached: 1100, output: 7, reasoning: 0 } },
    { contains: 'once more', text: 'THIRDDONE', usage: { input: 1300, cached: 1200, output: 8, reasoning: 0 } },
  ],
}

/** What was said in a turn, as a person would tell it. */
const told = (events: readonly Event[], turn: number): readonly string[] =>
  events.flatMap((event) => {
    if (!('turn' in event) || event.turn !== turn) return []
    if (event.type === 'agent.asked') return [`? ${event.text}`]
    if (event.type === 'agent.message') return [`* ${event.text}`]
    return event.type === 'agent.tool.start' ? [`$ ${event.name}`] : []
  })

/** A berth of root, or of an ordinary user for rootless Podman. */
const berthFor = (engine: TestEngine, agent: TestAgent): Berth => {
  const user = engine.name === 'rootless' ? ordinaryUser() : undefined
  const own = user && { uid: user.uid, gid: user.gid }
  const place: Readonly<Record<string, string>> = user ? { XDG_RUNTIME_DIR: `/run/user/${user.uid}` } : {}
  return berth({ ...own, env: { [agent.key]: KEY, ...place } })
}

describe.each(pairs)('$id at its terminal on $on', ({ engine, agent }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  let id = ''
  const { ready } = agent

  /** As somebody does who wants out: some CLIs want Ctrl-C twice, and one stops the answer first. */
  const quitAt = async (terminal: Awaited<ReturnType<typeof watchTerminal>>): Promise<string | null> => {
    for (;;) {
      terminal.press('\u0003')
      const end = await Promise.race([terminal.over, sleep(PRESS_MS, undefined)])
      if (end !== undefined) return end
    }
  }

  beforeAll(async () => {
    b = berthFor(engine, agent)
    model = await startModelServer({ scenario: SCENARIO })
    remote = await startFileRemote()
    if (engine.name === 'rootless') giveTo(dirname(remote.bare), ordinaryUser())
  })
  afterAll(async () => {
    await b.close()
    await model.close()
    await remote.close()
  })

  test('it must come up without a question, take a prompt and keys, and push its work when it is quit', async () => {
    const place = ['--engine', engine.flag, '--repo', remote.url, '--branch', 'main']
    const chosen = ['--agent', agent.id, '--model', agent.model, '--base-url', `${model.url}${agent.basePath}`]
    const ran = await b.run(['start', ...place, ...chosen, '--mode', 'interactive', 'the first prompt'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    id = ran.stdout.trim()
    const terminal = await watchTerminal(b.socket, id)
    await terminal.shows('FIRSTDONE')
    await terminal.shows(ready)
    await terminal.type('typed words')
    await terminal.shows('SECONDDONE')
    await terminal.settles()
    expect(QUIT).toContain(await quitAt(terminal))
    expect((await b.run(['wait', id])).code).toBe(0)

    const record = await b.status(id)
    expect(record).toMatchObject({ state: 'done', mode: 'interactive', outcome: { class: 'ok' } })
    expect(git(remote.bare, ['show', `berth/${id}:made.txt`], TRUST)).toBe('made-by-agent')
    expect(git(remote.bare, ['log', '-1', '--format=%s', `berth/${id}`], TRUST)).toBe('by the agent')
  })

  test('what was said there must be in the log, with its tokens and without the key', async () => {
    const events = await b.events(id)
    expect(told(events, 1)).toEqual([
      '? the first prompt',
      '* I write the file.',
      '$ shell',
      '* FIRSTDONE',
      '? typed words',
      '* SECONDDONE',
    ])
    const usage = { inputTokens: 3300, cachedTokens: 2500, outputTokens: 42, reasoningTokens: 12 }
    expect((await b.status(id)).turns).toMatchObject([{ usage }])
    expect(JSON.stringify(events)).not.toContain(KEY)
    expect((await b.run(['log', id])).stdout).toContain('? typed words')
    expect((await b.status(id)).denials ?? []).toEqual([])
  })

  test.runIf(goesOn(engine, agent))(
    'a further turn must go on in the same session, and tell its own words alone',
    async () => {
      const { session } = await b.status(id)
      expect(session).not.toBeNull()
      expect((await b.run(['send', id])).code).toBe(0)
      const terminal = await watchTerminal(b.socket, id)
      await terminal.shows(ready)
      await terminal.type('once more')
      await terminal.shows('THIRDDONE')
      await terminal.settles()
      expect(QUIT).toContain(await quitAt(terminal))
      expect((await b.run(['wait', id])).code).toBe(0)
      const record: TaskRecord = await b.status(id)
      expect(record).toMatchObject({ state: 'done', session })
      expect(record.turns[1]?.usage).toMatchObject({ inputTokens: 1300, outputTokens: 8 })
      expect(told(await b.events(id), 2)).toEqual(['? once more', '* THIRDDONE'])
    },
  )
})
