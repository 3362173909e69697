import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../../test/fixtures/cli-from-sources/main.ts')
const home = mkdtempSync(join(tmpdir(), 'berth-cli-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const berth = (...args: readonly string[]) => {
  const env = { ...process.env, BERTH_HOME: home, HOME: home }
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', env })
}

test.each([[['nope', '--help']], [['help', 'nope']], [['config', 'nope', '--help']]])(
  'berth %j: there is no help of an unknown command',
  (args) => {
    const { status, stdout, stderr } = berth(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^berth: unknown command 'nope'/)
    const asJson = berth(...args, '--json')
    expect({ status: asJson.status, stdout: asJson.stdout }).toEqual({ status: 2, stdout: '' })
    expect(JSON.parse(asJson.stderr)).toMatchObject({ error: { code: 'usage', exit: 2 } })
  },
)

test('berth help takes a path of words', () => {
  expect(berth('help', 'config', 'set').stdout).toBe(berth('config', 'set', '--help').stdout)
  expect(berth('help').stdout).toBe(berth('--help').stdout)
})

test('net rules --json prints JSON, and net rules needs no id', () => {
  // No supervisor runs from sources, so both end with an error: it is the form that is looked at.
  expect(JSON.parse(berth('net', 'rules', 't-1', '--json').stderr)).toMatchObject({
    error: { code: 'supervisor-unreachable' },
  })
  expect(berth('net', 'rules').stderr).not.toMatch(/missing required argument/)
})

test('log --json prints its errors as JSON', () => {
  const { status, stderr } = berth('log', 't-1', '--tail', 'x', '--json')
  expect(status).toBe(2)
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'usage', message: '--tail x: not a count' } })
})
