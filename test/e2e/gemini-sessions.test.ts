import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { agentBench } from '../fixtures/agent-bench.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'

/** A session of its own beside the agent's, in the same home and folder: what the CLI cleans up after. */
const BESIDE =
  '/opt/berth/bin/gemini --output-format stream-json --yolo --skip-trust --model gemini-2.5-flash --prompt beside </dev/null'
const HOUR_MS = 3_600_000

const agent = TEST_AGENTS.find(({ id }) => id === 'gemini')

describe.each(rootfulEngines().slice(0, 1))('sessions of gemini on $name', (engine) => {
  if (agent === undefined) throw new Error('no gemini')
  const t = agentBench(engine, agent)

  /** As if the session had been begun an hour ago: its file is named by the minute. */
  const age = (id: string): number => {
    const root = join(t.b.home, 'tasks', id, 'home/.gemini/tmp')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /chats\/session-/.test(path),
    )
    for (const path of files) {
      const aged = path.replace(/session-(\d{4}-\d{2}-\d{2}T\d{2}-\d{2})/, (_, minute: string) => {
        const [day = '', time = ''] = minute.split('T')
        const then = new Date(Date.parse(`${day}T${time.replace('-', ':')}Z`) - HOUR_MS)
        return `session-${then.toISOString().slice(0, 16).replace(/:/g, '-')}`
      })
      renameSync(join(root, path), join(root, aged))
    }
    return files.length
  }
  const three = async (flags: readonly string[]) => {
    const model = ['--model', agent.model]
    const first = await t.run(
      { steps: [{ text: 'one' }, { shell: BESIDE }], after: { text: 'more' } },
      [...model, ...flags],
      'the first words',
    )
    expect(first.code, first.record.reason ?? '').toBe(0)
    expect(age(first.id)).toBe(1)
    expect((await t.b.run(['send', '--follow', first.id, 'the second words'])).code).toBe(0)
    const { code } = await t.b.run(['send', '--follow', first.id, 'the third words'])
    const asked = t.model.requests.filter(
      (one) => one.scenario === first.name && (one.text ?? '').includes('the third'),
    )
    return { code, knows: asked.some((one) => (one.text ?? '').includes('the first words')) }
  }

  test('a session that was gone on with outlives a new one beside it', async () => {
    expect(await three([])).toEqual({ code: 0, knows: true })
  })

  test("the trap: the CLI's own clean-up would have taken it away", async () => {
    const { knows } = await three(['--provider-arg', 'general.sessionRetention.enabled=true'])
    expect(knows).toBe(false)
  })
})
