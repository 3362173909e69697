import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandLine, processes } from '../../src/std/processes.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { taskProcesses } from '../fixtures/task-processes.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { KEY, type Workshop, workshop } from '../fixtures/workshop.ts'

const execute = promisify(execFile)
const ASK = `const [url, ...keys] = process.argv.slice(1)
const ask = (key) => fetch(url, { method: 'POST', body: '{}', headers: key === '' ? {} : { authorization: 'Bearer ' + key } })
Promise.all(keys.map((key) => ask(key).then((answer) => answer.status))).then((all) => console.log(all.join(' ')))`

describe('what a task on the host is not', () => {
  let shop: Workshop
  const folder = temporaryFolder('berth-host-no-')
  beforeAll(async () => {
    shop = await workshop('docker')
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  test.each([KEY, ''])('a way to the model for other users of the machine (key: "%s")', async (key) => {
    shop.model.reset()
    shop.model.load({ steps: [{ text: 'a', shell: 'sleep 600' }] })
    const env = { OPENAI_API_KEY: key }
    const ran = await shop.b.run(['start', '--isolation', 'host', '--base-url', shop.model.url, 'work'], { env })
    const id = ran.stdout.trim()
    await shop.b.until(id, (event) => event.type === 'agent.tool.start')
    const agent = taskProcesses(id).named('codex')
    const port = /127\.0\.0\.1:(\d+)/.exec(agent?.argv.join(' ') ?? '')?.[1]
    expect(Number(port)).toBeGreaterThan(1024)
    const before = shop.model.requests.length
    const { uid, gid, other } = ordinaryUser()
    const become = other ? ['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups', '--'] : ['env']
    const [program = '', ...words] = [...become, process.execPath, '-e', ASK, `http://127.0.0.1:${port}/v1/responses`]
    const guesses = ['', 'sk-guess', `berth-${id}`, id]
    const asked = await execute(program, [...words, ...guesses], { cwd: '/' })
    expect(asked.stdout).toBe('403 403 403 403\n')
    expect(shop.model.requests).toHaveLength(before)
    // What opens it is nowhere that others can look.
    const placeholder = JSON.parse(readFileSync(`${shop.b.home}/tasks/${id}/plan.json`, 'utf8')).model.placeholder
    expect(placeholder).toMatch(/^berth-[0-9a-f]{48}$/)
    expect(
      processes()
        .flatMap(({ pid }) => commandLine(pid))
        .join(' '),
    ).not.toContain(placeholder)
    const own = await execute(process.execPath, ['-e', ASK, `http://127.0.0.1:${port}/v1/responses`, placeholder])
    expect(own.stdout).toBe('200\n')
    await shop.b.run(['rm', '--force', id])
  })

  test.each([
    ['--volume', ['--volume', '/usr:/data'], 2, '--isolation host nothing is mounted'],
    ['--user', ['--user', '1000'], 2, 'runs as you'],
    ['--engine', ['--engine', 'docker'], 2, '--engine: with --isolation host there is no container'],
    ['--policy', ['--policy', 'sandboxed'], 2, '--policy: with --isolation host there is no container'],
    ['an asked limit', ['--memory', '1g'], 5, '--memory: host cannot enforce'],
  ])('%s is an error before a task exists', async (_name, args, code, says) => {
    const ran = await shop.b.run(['start', '--isolation', 'host', '--base-url', shop.model.url, ...args, 'work'])
    expect(ran).toMatchObject({ code, stdout: '' })
    expect(ran.stderr).toContain(says)
    expect(ran.stderr).toContain('--isolation container')
    expect((await shop.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })

  test('--host-permissive is of the host alone', async () => {
    const ran = await shop.b.run(['start', '--host-permissive', '--base-url', shop.model.url, 'work'])
    expect(ran).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('is for --isolation host') as string,
    })
  })

  test('taken by itself: without an engine the error names it, and nothing runs', async () => {
    const away = { DOCKER_HOST: 'unix:///nonexistent/d.sock', CONTAINER_HOST: 'unix:///nonexistent/p.sock' }
    const ran = await shop.b.run(['start', '--base-url', shop.model.url, 'work'], { env: away })
    expect(ran).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('--isolation host') as string })
    expect((await shop.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })

  test('possible without the agent’s CLI: what is looked for is named', async () => {
    const env = { BERTH_INSTALL_DIR: folder.at('none'), PATH: '/usr/bin:/bin' }
    const own = await workshop('docker', { env })
    const ran = await own.b.run(['start', '--isolation', 'host', '--base-url', own.model.url, 'work'])
    await own.close()
    expect(ran).toMatchObject({ code: 5, stdout: '' })
    expect(ran.stderr).toContain('`codex` is not on your PATH')
  })

  test('BERTH_ISOLATION and the config file name it as the flag does', async () => {
    shop.model.load({ after: { text: 'fine' } })
    const args = ['run', '--base-url', shop.model.url, 'work']
    // What others have an engine and a policy for is of no concern here.
    const env = { BERTH_ISOLATION: 'host', BERTH_ENGINE: 'podman', BERTH_POLICY: 'open' }
    const ran = await shop.b.run(args, { env })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('codex on host') as string })
    const wrong = await shop.b.run(args, { env: { BERTH_ISOLATION: 'hosst' } })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('container, host') as string })
    await shop.b.run(['rm', '--all', '--force'])
  })

  test('--dry-run tells where it will run, and makes nothing', async () => {
    const args = ['run', '--isolation', 'host', '--dry-run', '--base-url', shop.model.url, 'work']
    const { stdout, code } = await shop.b.run(args)
    expect(code).toBe(0)
    expect(stdout).toContain('isolation host: this machine, without a sandbox')
    expect(stdout).toContain('BERTH_MODEL_KEY=***')
    expect(stdout).not.toMatch(/berth-[0-9a-f]{48}/)
    expect((await shop.b.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks).toEqual([])
  })
})
