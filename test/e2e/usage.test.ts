import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProvidersAnswer, UsageAnswer } from '../../src/api/answers.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

let w: Workshop
beforeAll(async () => {
  w = await workshop('docker')
})
afterAll(() => w.close())

const configure = (toml: string) => writeFileSync(join(w.b.home, 'config.toml'), toml)
const usage = async (...args: readonly string[]) => (await w.b.json<UsageAnswer>(['usage', ...args])).usage

test('tokens and cost of turns, by the prices of the config file as they are now', async () => {
  const ran = await w.job({ shell: null, args: ['--model', 'gpt-5.5', '--label', 'team=blue'] })
  expect(ran.code, ran.stderr).toBe(0)
  const [today = ''] = new Date().toISOString().split('T')
  const before = await usage('--by', 'provider,label:team')
  expect(before).toMatchObject([{ by: { provider: 'codex', 'label:team': 'blue' }, turns: 1, cost: null }])
  const tokens = before[0]?.usage
  expect(tokens).toMatchObject({ inputTokens: 100, outputTokens: 10 })
  expect(before[0]?.unpricedTokens).toBe(110)
  expect(before[0]).toMatchObject({ gatewayUsage: tokens, gap: 0 })
  expect((await w.b.run(['status', ran.id])).stdout).not.toMatch(/^gateway/m)

  configure('[prices."gpt-5.5"]\ninput = 2.0\noutput = 10.0\n')
  expect(await usage('--by', 'model,day,turn')).toMatchObject([
    { by: { model: 'gpt-5.5', day: today, turn: `${ran.id}/1` }, cost: 0.0003, unpricedTokens: 0 },
  ])
  expect((await w.b.run(['usage'])).stdout).toMatch(/^PROVIDER {2}MODEL .*\ncodex {5}gpt-5\.5 .*\$0\.0003\n$/)
  expect(await usage('--since', '2999-01-01')).toEqual([])
})

/** What an agent's tool may do behind its back: it asks the model itself, by the key that the agent has. */
const ASK = `fetch('http://127.0.0.1:3128/v1/responses', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + process.argv[1], 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'm', input: 'hi', stream: process.argv[2] === 'stream' }),
}).then(async (answer) => { if (!(await answer.text()).includes('completed')) process.exit(1) })`
const behind = (how: string) =>
  [
    "key=$(cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | sed -n 's/^BERTH_MODEL_KEY=//p' | head -n 1)",
    `/opt/berth/bin/node -e "$(cat <<'END'\n${ASK}\nEND\n)" "$key" ${how}`,
  ].join('\n')

test("a tool that asks the model itself: the gateway's count tells", async () => {
  const ran = await w.job({ shell: `set -e\n${behind('stream')}\n${behind('whole')}`, args: ['--label', 'team=red'] })
  expect(ran.code, ran.stderr).toBe(0)
  const { usage: told, gatewayUsage, models = [], turns } = await w.b.status(ran.id)
  expect(told).toMatchObject({ inputTokens: 200, outputTokens: 20 })
  expect(gatewayUsage).toMatchObject({ inputTokens: 400, outputTokens: 40 })
  expect(turns[0]?.gatewayUsage).toEqual(gatewayUsage)
  // The tool asked for m, the agent for the model that it takes by itself.
  expect(models.map(({ model, usage: { outputTokens } }) => [model, outputTokens])).toEqual([
    [expect.stringMatching(/^gpt-/), 20],
    ['m', 20],
  ])
  expect(turns[0]?.models).toEqual(models)
  expect(await usage('--by', 'label:team,model')).toContainEqual(
    expect.objectContaining({ by: { 'label:team': 'red', model: models[0]?.model } }),
  )
  expect((await w.b.run(['status', ran.id])).stdout).toMatch(
    /^gateway {4}counted 220 tokens more than the agent reported: 400 tokens in, 40 out$/m,
  )
  expect(await usage('--by', 'label:team')).toMatchObject([{ gap: 0 }, { by: { 'label:team': 'red' }, gap: 220 }])
  expect((await w.b.run(['usage', '--by', 'label:team'])).stdout).toMatch(/GATEWAY\n.*\nred .* {2}\+220\n$/)
})

test('what a removed or pruned task used stays counted, also after a rebuild', async () => {
  const args = ['--model', 'gpt-5.5', '--label', 'team=green']
  const removed = await w.job({ shell: null, args })
  const pruned = await w.job({ shell: null, args: [...args, '--push', 'none'] })
  const keys = ['--by', 'provider,model,day,label:team,task']
  const before = await usage(...keys)
  expect(before.filter(({ by }) => by['label:team'] === 'green').map(({ by, turns }) => [by['task'], turns])).toEqual([
    [removed.id, 1],
    [pruned.id, 1],
  ])
  expect((await w.b.run(['rm', '--force', removed.id])).code).toBe(0)
  expect((await w.b.run(['archive', '--force', pruned.id])).code).toBe(0)
  expect((await w.b.run(['prune', '--older-than', '0s', '--label', 'team=green'])).code).toBe(0)
  const { tasks } = await w.b.json<{ tasks: readonly { id: string }[] }>(['ls', '-a'])
  expect(tasks.map(({ id }) => id).filter((id) => id === removed.id || id === pruned.id)).toEqual([])
  expect(await usage(...keys)).toEqual(before)
  expect((await w.b.run(['doctor', '--rebuild'])).code).toBe(0)
  expect(await usage(...keys)).toEqual(before)
})

test('what cannot be is one error', async () => {
  expect(await w.b.run(['usage', '--by', 'colour'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--by colour: there are provider, model, day, task, turn and label:NAME'),
  })
  expect(await w.b.run(['usage', '--since', 'soon'])).toMatchObject({ code: 2 })
  configure('[prices."gpt-5.5"]\ninput = 2.0\n\noutput = -1\n')
  expect(await w.b.run(['usage'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('config.toml:4: prices.gpt-5.5.output'),
  })
  configure('')
})

test('the agents with their versions and keys, those of the config file too', async () => {
  configure('[providers.mine]\ncommand = ["mine", "{model}"]\nkey = "MINE_API_KEY"\n')
  const { providers } = await w.b.json<ProvidersAnswer>(['providers'])
  expect(providers.map(({ id }) => id)).toEqual(['codex', 'claude', 'gemini', 'opencode', 'mine'])
  expect(providers.find(({ id }) => id === 'codex')).toMatchObject({
    installed: '0.169.0',
    tested: '0.169.0',
    key: 'OPENAI_API_KEY',
    keySet: true,
    supports: { resume: true, model: true, usage: true },
  })
  expect(providers.at(-1)).toMatchObject({
    configured: true,
    installed: null,
    key: 'MINE_API_KEY',
    keySet: false,
    supports: { resume: false, model: true, usage: false },
  })
  expect((await w.b.run(['providers'])).stdout).toMatch(
    /^codex +OpenAI Codex +0\.169\.0 +OPENAI_API_KEY +set +resume, model, usage$/m,
  )
})
