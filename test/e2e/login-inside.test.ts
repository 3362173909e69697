import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TEST_ALL, type TestEngine, testEngines } from '../fixtures/engines.ts'
import { type LoginBench, loginBench } from '../fixtures/issuers/login-bench.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { filesHolding } from '../fixtures/whole/files-holding.ts'

/** Root, or for rootless Podman an ordinary user. */
const benchOn = async ({ name, flag }: TestEngine): Promise<LoginBench> => {
  if (name !== 'rootless') return await loginBench(flag)
  const { uid, gid } = ordinaryUser()
  return await loginBench(flag, { uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

describe.each(testEngines())('a login inside the container, on $name', (on) => {
  let bench: LoginBench
  beforeEach(async () => {
    bench = await benchOn(on)
    bench.trust(bench.b.folder)
    const made = await bench.b.run(['auth', 'login', 'codex'])
    expect(made, made.stderr).toMatchObject({ code: 0 })
  })
  afterEach(() => bench.close())

  test('the agent has the file alone, its CLI speaks for itself, and nothing of it is left', async () => {
    const { b, issuers } = bench
    const { access } = bench.login('codex')
    issuers.model.load({
      steps: [
        { shell: 'id -u; stat -c "%a %u:%g" ~/.codex ~/.codex/auth.json; grep -c access_token ~/.codex/auth.json' },
        { text: 'done' },
      ],
    })
    const ran = await b.run(['run', '--login', 'default', '--login-inside', '--quiet', 'look'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const [{ id = '' } = {}] = (await b.json<{ tasks: { id: string }[] }>(['ls', '-a'])).tasks
    const events = await b.events(id)
    const said = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))[0] ?? ''
    const [, uid = '', folder = '', file = '', count = ''] =
      /^(\d+)\n(\d+ \d+):\d+\n(\d+ \d+):\d+\n(\d+)/.exec(said) ?? []
    expect({ folder, file, count }).toEqual({ folder: `700 ${uid}`, file: `600 ${uid}`, count: '1' })
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
    expect(notices).toContainEqual(
      expect.stringMatching(/^the agent can read \.codex\/auth\.json \(mode 600, owner \d+:\d+\)$/),
    )
    const asked = issuers.requests.filter(({ name }) => name === 'openai-model')
    expect(asked.at(-1)?.headers).toMatchObject({
      authorization: `Bearer ${access}`,
      'chatgpt-account-id': 'acct-scripted',
    })
    expect(filesHolding(access, [join(b.home, 'tasks')])).toEqual([])
    const home = join(b.home, 'tasks', id, 'home')
    expect(existsSync(home) ? readdirSync(home, { recursive: true }) : []).not.toContain('.codex/auth.json')
    const record = await b.status(id)
    expect(record).toMatchObject({ state: 'done', login: 'default' })
    expect(record.warnings.join()).toContain('--login-inside: the agent itself has the tokens of codex/default')
  })

  test.runIf(TEST_ALL || on.name === 'docker')('what its CLI refreshed is taken back', async () => {
    const { b, issuers } = bench
    const before = bench.login('codex')
    issuers.tokens('openai').expire()
    issuers.model.load({ steps: [{ text: 'done' }] })
    const ran = await b.run(['run', '--login', 'default', '--login-inside', '--quiet', 'go'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const after = bench.login('codex')
    expect(after.access).not.toBe(before.access)
    expect(after.refresh).not.toBe(before.refresh)
    issuers.model.load({ steps: [{ text: 'done' }] })
    const again = await b.run(['run', '--login', 'default', '--quiet', 'go'])
    expect(again, again.stderr).toMatchObject({ code: 0 })
  })

  test.runIf(TEST_ALL ? on.name !== 'rootless' : on.name === 'docker')(
    'a supervisor that is killed meanwhile takes it back, and another task waits for its end',
    async () => {
      const { b, issuers } = bench
      const before = bench.login('codex')
      issuers.tokens('openai').expire()
      const stall = issuers.stall('model')
      issuers.model.load({ steps: [{ text: 'done' }] })
      const args = ['start', '--login', 'default', '--login-inside', 'go']
      const first = (await b.run(args)).stdout.trim()
      await stall.reached
      const second = (await b.run(args)).stdout.trim()
      expect(await b.status(second)).toMatchObject({ state: 'queued' })
      const pid = await b.supervisor()
      if (pid === null) throw new Error('no supervisor answers')
      process.kill(pid, 'SIGKILL')
      expect(await b.status(second)).toMatchObject({ state: 'queued' })
      expect(bench.login('codex')).toEqual(before)
      issuers.model.load({ steps: [{ text: 'done' }] })
      stall.release()
      for (const id of [first, second]) expect((await b.run(['wait', id])).code, id).toBe(0)
      expect(bench.login('codex').refresh).not.toBe(before.refresh)
    },
  )
})
