import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { firstEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'
import { type Tmux, tmux } from '../fixtures/tmux.ts'

const KEY = 'sk-canary-a7d1c0ffee'
/** Some CLIs take keys that come at once for a paste. Some want Ctrl-C twice; to the others the second says nothing. */
const PRESS_MS = 400
const pairs = firstEngine().flatMap((engine) => TEST_AGENTS.map((agent) => ({ engine, agent, id: agent.id })))

describe.each(pairs)("$id at the user's own terminal", ({ engine, agent }) => {
  let b: Berth
  let model: ModelServer
  let terminal: Tmux | undefined

  // The model has each answer once: a second try needs a new one.
  beforeEach(async () => {
    b = berth({ env: { [agent.key]: KEY } })
    const steps = [
      { contains: 'concise, single-line task title', text: '{"title":"words"}' },
      { contains: 'the first prompt', text: 'FIRSTDONE' },
      { contains: 'typed words', text: 'SECONDDONE' },
    ]
    model = await startModelServer({ scenario: { key: KEY, steps } })
  })
  afterEach(async () => {
    await terminal?.close()
    await b.close()
    await model.close()
  })

  test('run -it shows its screen, passes what is typed, and leaves the terminal whole when it is quit', async () => {
    terminal = await tmux(b, { columns: 100, rows: 30 })
    const { shown, line, keys, type, until, flags, screen } = terminal
    const before = await flags()
    const chosen = `--agent ${agent.id} --model ${agent.model} --base-url ${model.url}${agent.basePath}`
    await line(`$B run -it --engine ${engine.flag} --no-repo ${chosen} "the first prompt"; echo "code $?"`)
    await shown('FIRSTDONE')
    await shown(agent.ready)

    await keys('C-p', 'C-q')
    await shown('code 9')
    expect(await flags()).toBe(before)
    const [, id = ''] = /`berth attach (t-\w+)`/.exec((await screen()).replaceAll('\n', '')) ?? []
    // Of a CLI that ends by the first Ctrl-C, the second must not end the shell's own line.
    await line(`trap : INT; clear; $B attach ${id}; echo "code $?"`)
    await shown('FIRSTDONE')
    await type('typed words')
    await shown('typed words')
    await sleep(PRESS_MS)
    await keys('Enter')
    await shown('SECONDDONE')

    await keys('C-c')
    await sleep(PRESS_MS)
    await keys('C-c')
    await until((seen) => /code \d+\n/.test(seen), 'the end')
    expect(await screen()).toContain(`berth send -f ${id}`)
    expect(await flags()).toBe(before)
    expect(await b.status(id)).toMatchObject({ state: 'done' })
  })
})
