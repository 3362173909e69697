import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

let w: Workshop
beforeAll(async () => {
  w = await workshop('docker', { env: { OPENAI_API_KEY: '' } })
})
afterAll(() => w.close())

test.each(['codex', 'opencode'])('%s with a model on this machine, by its address alone', async (agent) => {
  w.model.reset()
  w.model.load({ steps: [{ text: 'I look.', shell: 'echo from-the-tool' }], after: { text: 'All done.' } })
  const url = `${w.model.url}/v1`
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  const ran = await w.b.run(['run', '--engine', 'docker', '--agent', agent, '--base-url', url, 'do the work'])
  expect(ran.code, ran.stderr).toBe(0)
  expect(ran.stdout).toContain('from-the-tool')
  expect(ran.stdout).toContain('All done.')
  const asked = w.model.requests.filter((one) => one.kind === 'main')
  expect(asked).toHaveLength(2)
  // The placeholder stays inside where there is no key to take its place.
  expect(asked.map((one) => one.headers.authorization)).toEqual([undefined, undefined])
})
