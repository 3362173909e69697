import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'

type Check = { readonly name: string; readonly ok: boolean; readonly detail: string; readonly fix: string | null }

let b: Berth
beforeEach(() => {
  b = berth({ env: { BERTH_CONCURRENCY: '' } })
})
afterEach(() => b.close())

const configure = (...lines: readonly string[]) => writeFileSync(join(b.home, 'config.toml'), `${lines.join('\n')}\n`)
const configuration = async () =>
  (JSON.parse((await b.run(['doctor', '--json'])).stdout) as { checks: readonly Check[] }).checks.find(
    ({ name }) => name === 'configuration',
  )

test('config show prints the values of the right lines, names the wrong one, and exits with 2', async () => {
  configure('concurrency = 7', 'memmory = "4g"', 'memory = "3g"')
  const shown = await b.run(['config', 'show', '--origin'])
  expect(shown.code).toBe(2)
  expect(shown.stdout).toMatch(/^concurrency +7 +/m)
  expect(shown.stdout).toMatch(/^memory +3 GiB +.*config.toml:3$/m)
  expect(shown.stderr).toContain('config.toml:2')
  expect(shown.stderr).toContain('memmory')
  expect(shown.stderr).not.toContain('config.toml:3')
})

test('config show names a wrong variable beside a wrong line', async () => {
  configure('pids = "many"')
  const { code, stderr, stdout } = await b.run(['config', 'show'], { env: { BERTH_MEMORY: 'lots' } })
  expect(code).toBe(2)
  expect(stderr).toContain('config.toml:1')
  expect(stderr).toContain('BERTH_MEMORY')
  expect(stdout).toMatch(/^cpus +no limit$/m)
})

test('doctor checks the configuration: a right file, a wrong line and a wrong variable', async () => {
  configure('concurrency = 7')
  expect(await configuration()).toMatchObject({ ok: true, fix: null, detail: join(b.home, 'config.toml') })
  configure('concurrency = 7', '[agents.mine]', 'comand = "x"')
  const wrong = await configuration()
  expect(wrong).toMatchObject({ ok: false, fix: expect.stringContaining('berth config show') })
  expect(wrong?.detail).toContain('config.toml:3')
  configure('concurrency = 7')
  const { stdout } = await b.run(['doctor', '--json'], { env: { BERTH_MEMORY: 'lots' } })
  expect(stdout).toContain('BERTH_MEMORY')
})

test('fields must be asked for only where they are needed, and by their names', async () => {
  const keyless = { OPENAI_API_KEY: '' }
  const start = ['start', '--no-repo', '--isolation', 'host', 'hello']
  configure('concurrency = 7', 'memory = "much"')
  // None of these needs a limit, an agent or a key.
  for (const args of [['ls'], ['ps'], ['ls', '-a', '--json'], ['prune', '--dry-run'], ['version']])
    expect([args, (await b.run(args, { env: keyless })).code]).toEqual([args, 0])
  const wrong = await b.run(start)
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toMatch(/config.toml:2: memory: "much" is not a size/)

  configure('concurrency = 7')
  expect((await b.run(['ls'], { env: keyless })).code).toBe(0)
  const none = await b.run(start, { env: keyless })
  expect(none).toMatchObject({ code: 6, stderr: expect.stringContaining('OPENAI_API_KEY') })
  const noRepository = await b.run(['start', '--no-repo', '--branch', 'main', 'hello'])
  expect(noRepository).toMatchObject({ code: 2, stderr: expect.stringContaining('--branch') })
  expect((await b.run(['ls', '-a', '--json'])).stdout).toContain('"tasks":[]')
})
