import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const KEY = 'sk-canary-of-the-key-test'

describe.each(rootfulEngines().slice(0, 1))('where a key comes from, on $name', ({ flag }) => {
  let w: Workshop
  beforeEach(async () => {
    w = await workshop(flag, { env: { OPENAI_API_KEY: '' } })
    w.model.load({ key: KEY, after: { text: 'fine' } })
  })
  afterEach(() => w.close())

  const keyFile = () => {
    const path = join(w.b.folder, 'key')
    writeFileSync(path, `${KEY}\n`)
    chmodSync(path, 0o600)
    return path
  }
  const run = (...args: readonly string[]) =>
    w.b.run(['run', '--engine', flag, '--base-url', w.model.url, ...args, 'do it'])

  test('a file, named in the config; a later turn reads it again, and nothing of Berth holds the key', async () => {
    const path = keyFile()
    writeFileSync(join(w.b.home, 'config.toml'), `[credential]\nOPENAI_API_KEY = "file:${path}"\n`)
    const ran = await run()
    expect(ran.code, ran.stderr).toBe(0)
    const id = /task (t-[0-9a-z]+)/.exec(ran.stdout)?.[1] ?? ''
    writeFileSync(path, 'sk-wrong-now\n')
    expect((await w.b.run(['send', '-f', id, 'more'])).code).toBe(6)
    expect(filesHolding(KEY, [w.b.home])).toEqual([])
  })

  test("a password manager's command, in the caller's environment", async () => {
    const program = join(w.b.folder, 'manager.sh')
    writeFileSync(program, `#!/bin/sh\n[ "$BW_SESSION" = open ] || { echo locked >&2; exit 1; }\ncat ${keyFile()}\n`)
    chmodSync(program, 0o755)
    const credential = ['--credential', `OPENAI_API_KEY=command:${program} --raw`]
    expect(await run(...credential)).toMatchObject({ code: 6, stderr: expect.stringContaining('ended with 1: locked') })
    expect((await w.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
    const args = ['run', '--engine', flag, '--base-url', w.model.url, ...credential, 'do it']
    expect((await w.b.run(args, { env: { BW_SESSION: 'open' } })).code).toBe(0)
    expect(filesHolding(KEY, [w.b.home])).toEqual([])
  })

  test('auth status: where each key comes from, and with --check what the model says of it', async () => {
    writeFileSync(join(w.b.home, 'config.toml'), `[credential]\nOPENAI_API_KEY = "file:${keyFile()}"\n`)
    const all = await w.b.run(['auth', 'status'])
    expect(all.code).toBe(0)
    expect(all.stdout).toMatch(/^codex +file +\S+\/key +there/m)
    expect(all.stdout).toMatch(/^claude +env +ANTHROPIC_API_KEY +missing/m)
    expect(all.stdout + all.stderr).not.toContain(KEY)
    const ask = (env: Record<string, string> = {}, ...agents: readonly string[]) =>
      w.b.run(['auth', 'status', '--check', ...agents], { env: { BERTH_BASE_URL: w.model.url, ...env } })
    expect((await ask({}, 'codex')).stdout).toMatch(/^codex .* accepted +http:\S+\/models answered 200/m)
    expect(await ask({ ANTHROPIC_API_KEY: 'sk-wrong' }, 'claude')).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/^claude .* refused +http:\S+ answered 401/m),
    })
    expect(await ask({ BERTH_BASE_URL: 'http://127.0.0.1:2/v1' }, 'codex')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ECONNREFUSED'),
    })
    expect(await w.b.run(['auth', 'status', 'claude'])).toMatchObject({ code: 6 })
    expect(await w.b.run(['auth', 'status', 'cladue'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/known: codex, .*claude/),
    })
  })

  test('auth status knows the agents of the config file too', async () => {
    const table = '[providers.mine]\ncommand = ["mine"]\nkey = "MINE_API_KEY"\nheader = "x-api-key"\n'
    writeFileSync(join(w.b.home, 'config.toml'), table)
    expect((await w.b.run(['auth', 'status', 'mine'])).stdout).toMatch(/^mine +env +MINE_API_KEY +missing/m)
    const env = { BERTH_BASE_URL: `${w.model.url}/v1`, MINE_API_KEY: KEY }
    const checked = await w.b.run(['auth', 'status', '--check', 'mine'], { env })
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mine .* accepted /m) })
    expect(await w.b.run(['auth', 'status', 'mien'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('mine'),
    })
  })

  test('what is no reference is refused without being shown', async () => {
    const ran = await run('--credential', `OPENAI_API_KEY=${KEY}`)
    expect(ran).toMatchObject({ code: 6, stderr: expect.stringContaining('OPENAI_API_KEY is not a reference') })
    expect(ran.stdout + ran.stderr).not.toContain(KEY)
    expect(await run('--credential', 'OPENAI_API_KEY=file:/no/such')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('ENOENT'),
    })
    expect((await w.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })
})
