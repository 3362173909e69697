import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')
let b: Berth
let model: ModelServer
beforeAll(async () => {
  b = berth()
  model = await startModelServer()
})
afterAll(async () => {
  await b.close()
  await model.close()
})

/** What bash offers after the words, the last of which is being written. */
const offered = (...words: readonly string[]): readonly string[] => {
  const script = `eval "$("$1" completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _berth; printf "%s\\n" "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', script, 'bash', BERTH, ...words], { env: b.env })
    .toString()
    .trim()
    .split('\n')
}

test('bash completes commands, options, sub-commands and the ids of tasks', async () => {
  model.load({ steps: [], after: { text: 'end of it' } })
  const flag = rootfulEngines()[0]?.flag ?? 'docker'
  const id = (await b.run(['start', '--engine', flag, '--base-url', model.url, 'work'])).stdout.trim()
  await b.run(['wait', id])
  expect(offered('st')).toEqual(['start', 'status', 'stop'])
  expect(offered('stop', '--n')).toEqual(['--now'])
  expect(offered('config', 's')).toEqual(['show'])
  expect(offered('diff', id.slice(0, 8))).toEqual([id])
  expect((await b.run(['completion', 'tcsh'])).code).toBe(2)
})
