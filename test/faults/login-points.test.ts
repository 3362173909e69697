import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { chatgptLogin, keepLogin } from '../fixtures/issuers/keep-login.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { type Process, processesOf } from '../fixtures/whole/processes-of.ts'

type Role = Process['role']

describe.each(anyEngine())('a login that is refreshed while something dies, on $name', ({ flag }) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await loginBench(flag)
    bench.trust(bench.b.folder)
  })
  afterEach(() => bench.close())

  const kill = async (role: Role) => {
    const { home } = bench.b
    const runtime = runtimeDir({}, process.getuid?.() ?? 0, home)
    const pid = processesOf([home, runtime]).find((one) => one.role === role)?.pid
    if (pid === undefined) throw new Error(`there is no ${role}`)
    process.kill(pid, 'SIGKILL')
    await waitFor(() => !existsSync(`/proc/${pid}/exe`), `the end of the ${role}`)
  }
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const ran = await bench.b.run(['start', 'do it'], { env })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  /** The turn was done with one refresh, and what Berth keeps is what the issuer takes. */
  const isWhole = async (id: string) => {
    const { b, issuers } = bench
    const waited = await b.run(['wait', id])
    expect(waited, waited.stdout).toMatchObject({ code: 0 })
    const answers = issuers.requests.filter(({ name }) => name === 'openai-token').map(({ status }) => status)
    expect(answers).toEqual([200])
    const { refresh, problem } = bench.login('codex')
    expect(problem).toBeNull()
    expect(issuers.tokens('openai').refresh(refresh ?? '')).toHaveProperty('access')
  }

  const points = ['login.answered:1', 'login.merged:1', 'login.asked:1', 'login.stored:1']
  test.each(TEST_ALL ? points : points.slice(0, 2))(
    'the supervisor, at %s of a refresh before the turn',
    async (point) => {
      const { b, issuers } = bench
      keepLogin(b.home, chatgptLogin(issuers, 'default', 0))
      const id = await start({ BERTH_FAULT: point })
      await waitFor(() => existsSync(join(b.home, 'fault')), 'the death of the supervisor')
      await isWhole(id)
    },
  )

  const deaths: readonly { readonly at: 'token' | 'given'; readonly dead: readonly Role[] }[] = [
    { at: 'given', dead: ['supervisor', 'gateway'] },
    { at: 'given', dead: ['supervisor'] },
    { at: 'given', dead: ['gateway'] },
    { at: 'token', dead: ['supervisor'] },
    { at: 'token', dead: ['gateway'] },
  ]
  test.each(TEST_ALL ? deaths : deaths.slice(0, 1))(
    'a request waits for another token, the issuer is at $at: $dead',
    async ({ at, dead }) => {
      const { b, issuers } = bench
      keepLogin(b.home, chatgptLogin(issuers))
      const asked = issuers.stall('model')
      const id = await start()
      await asked.reached
      issuers.tokens('openai').expire()
      const refreshing = issuers.stall(at)
      asked.release()
      await refreshing.reached
      for (const role of dead) await kill(role)
      refreshing.release()
      await isWhole(id)
    },
  )
})
