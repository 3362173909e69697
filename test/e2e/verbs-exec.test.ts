import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { terminal } from '../fixtures/terminal.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')

describe.each(rootfulEngines())('exec on $name', ({ flag, name }) => {
  let b: Berth
  let model: ModelServer
  let id = ''
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    model.load({ steps: [], after: { text: 'a', shell: 'sleep 600' } })
    id = (await b.run(['start', '--engine', flag, '--base-url', model.url, 'wait'])).stdout.trim()
    await b.until(id, (event) => event.type === 'agent.tool.start')
  })
  afterAll(async () => {
    await b.close()
    await model.close()
  })

  test.each([0, 7, 255])("the exit code is the command's own: %i", async (code) => {
    expect(await b.run(['exec', id, '--', 'sh', '-c', `exit ${code}`])).toEqual({ code, stdout: '', stderr: '' })
  })

  test('a signal is 128 and its number', async () => {
    expect((await b.run(['exec', id, '--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143)
  })

  test('stdin ends, stdout and stderr stay apart; every byte arrives', async () => {
    const bytes = Buffer.alloc(3_000_000, Buffer.from(Array.from({ length: 256 }, (_, i) => i)))
    const ran = spawnSync(BERTH, ['exec', id, '--', 'sh', '-c', 'cat; echo over >&2'], {
      env: b.env,
      input: bytes,
      maxBuffer: 2 ** 24,
      timeout: 60_000,
    })
    expect(ran.stdout.equals(bytes)).toBe(true)
    expect(ran.stderr.toString()).toBe('over\n')
    expect(ran.status).toBe(0)
  })

  test("it runs as the agent's user in the agent's folder and home", async () => {
    const ran = await b.run(['exec', id, '--', 'sh', '-c', 'id -u; pwd; echo $HOME; tty'])
    expect(ran.stdout).toBe('1000\n/work\n/home/agent\nnot a tty\n')
  })

  test('on a terminal the command has one, and follows its size', async () => {
    const screen = terminal([BERTH, 'exec', id, '--', 'sh'], { env: b.env, columns: 100, rows: 30 })
    screen.type('stty size; tty\n')
    await screen.shows('30 100\r\n/dev/pts/')
    screen.resize(132, 43)
    screen.type('while [ "$(stty size)" != "43 132" ]; do sleep 0.1; done; echo grown-$(stty size)\n')
    await screen.shows('grown-43 132')
    screen.type('exit 9\n')
    expect(await screen.over).toBe(9)
  })

  test('with -d nobody waits for its output or its end', async () => {
    const script = 'sleep 1; echo over >detached.txt'
    const ran = await b.run(['exec', '-d', id, '--', 'sh', '-c', script])
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' })
    const read = async () => (await b.run(['exec', id, '--', 'cat', 'detached.txt'])).stdout
    await expect.poll(read).toBe('over\n')
  })

  if (name !== 'docker') return

  test('without a terminal of its own, where that is asked', async () => {
    const screen = terminal([BERTH, 'exec', '--no-tty', '--no-stdin', id, '--', 'sh', '-c', 'cat; tty'], { env: b.env })
    await screen.shows('not a tty')
    expect(await screen.over).toBe(1)
  })

  test('a command that is not there, one that is missing, an unknown task', async () => {
    const none = await b.run(['exec', id, '--', 'no-such-program'])
    expect(none.code).not.toBe(0)
    expect(none.stdout + none.stderr).toContain('no-such-program')
    const empty = await b.run(['exec', id])
    expect(empty.code).toBe(2)
    expect(empty.stderr).toContain('berth exec ID COMMAND...')
    expect((await b.run(['exec', 't-nope', '--', 'true'])).stderr).toContain('t-nope: there is no such task')
  })

  test('a task without a live container says its state', async () => {
    const path = join(b.folder, 'empty.txt')
    writeFileSync(path, '')
    const other = (await b.run(['start', '--engine', flag, '--base-url', model.url, 'wait'])).stdout.trim()
    await b.run(['stop', '--now', other])
    const ran = await b.run(['exec', '--json', other, '--', 'true'])
    expect(ran.code).toBe(2)
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: 'not-allowed',
        message: `${other} is stopped: it has no live container to run a command in`,
      },
    })
  })
})
