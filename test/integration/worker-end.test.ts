import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { AGENTS, ended, makeBerth, putOrder, runWorker, sh, startWorker, workerFile } from './worker-harness.ts'

const agent = (name: string, ...args: string[]) => ({ argv: [`${AGENTS}/${name}`, ...args] as [string, ...string[]] })
const end = { field: 'type', values: ['turn.completed', 'turn.failed'], graceMs: 300 }
const isReady = (frame: object) => 'd' in frame && String(frame.d).includes('ready')

test('the exit code is the agent’s, or 128 and its signal', async () => {
  using berth = makeBerth()
  const code = await runWorker(berth, berth.order(sh('exit 42')))
  expect([code.code, code.get('agent-end')]).toMatchObject([42, { code: 42, signal: null, end: 'exit', left: 0 }])
  const killed = await runWorker(berth, berth.order(sh('kill -SEGV $$')))
  expect([killed.code, killed.get('agent-end')]).toMatchObject([139, { code: null, signal: 'SIGSEGV', end: 'exit' }])
})

test('the agent gets its input, its environment and nothing else', async () => {
  using berth = makeBerth()
  const prompt = berth.at('exchange', 'prompt')
  writeFileSync(prompt, '--starts with a dash\n')
  const order = berth.order({ ...sh('cat; env | sort'), stdin: prompt, env: { ONE: '1', PATH: '/usr/bin:/bin' } })
  const result = await runWorker(berth, order)
  const [first, ...env] = result.out().toString().trim().split('\n')
  expect(first).toBe('--starts with a dash')
  expect(env.map((line) => line.split('=')[0])).toEqual(['HOME', 'LANG', 'ONE', 'PATH', 'PWD', 'USER'])
})

test('without input the agent reads an end at once', async () => {
  using berth = makeBerth()
  expect((await runWorker(berth, berth.order(sh('wc -c')))).out().toString().trim()).toBe('0')
})

test('an agent that is not there is named', async () => {
  using berth = makeBerth()
  const missing = await runWorker(berth, berth.order({ argv: ['/opt/nowhere/codex'] }))
  expect(missing.code).toBe(125)
  expect(missing.get('agent-end')).toMatchObject({ end: 'not-started', code: null })
  expect(missing.get('fail')).toMatchObject({ stage: 'agent', message: expect.stringContaining('/opt/nowhere/codex') })
  expect(missing.get('fail')?.message).toContain('ENOENT')
  expect(missing.frames.at(-1)?.k).toBe('end')
  const folder = await runWorker(berth, berth.order({ cwd: berth.at('nowhere') }))
  expect(folder.get('fail')?.message).toContain(`in ${berth.at('nowhere')}: there is no such folder`)
  const forbidden = await runWorker(berth, berth.order({ argv: ['/etc/passwd'] }))
  expect(forbidden.get('fail')?.message).toContain('EACCES')
})

test('a bad order is told', async () => {
  using berth = makeBerth()
  for (const [order, words] of [
    ['{"protocol":', 'JSON'],
    [{ ...berth.order(null), protocol: 2 }, 'its protocol is 2'],
    [{ ...berth.order(null), paths: undefined }, 'it has no paths'],
  ] as const) {
    const result = await runWorker(berth, order)
    expect(result.code).toBe(125)
    expect(result.get('fail')).toMatchObject({ stage: 'order', message: expect.stringContaining(words) })
    expect(result.frames.at(-1)?.k).toBe('end')
  }
})

test('hello comes before the order, which is awaited; a stop meanwhile ends it cleanly', async () => {
  using berth = makeBerth()
  const late = startWorker(berth)
  await late.seen((frame) => frame.k === 'hello')
  putOrder(berth, berth.order(sh('exit 5')))
  expect((await late.end).code).toBe(5)

  using other = makeBerth()
  const stopped = startWorker(other)
  await stopped.seen((frame) => frame.k === 'hello')
  stopped.signal('SIGTERM')
  const result = await stopped.end
  expect(result.code).toBe(143)
  expect(result.frames.map((frame) => frame.k)).toEqual(['hello', 'agent-end', 'end'])
  expect(result.get('agent-end')?.end).toBe('stopped')
})

test('an order without an agent does the rest', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order(null))
  expect(result.code).toBe(0)
  expect(result.frames.map((frame) => frame.k)).toEqual(['hello', 'phase', 'end'])
})

test('children that hold the output are waited for a little, then everything left is killed', async () => {
  using berth = makeBerth()
  const started = performance.now()
  const result = await runWorker(berth, berth.order(agent('leave-children.sh', '6')))
  expect(performance.now() - started).toBeGreaterThan(1900)
  expect(result.code).toBe(6)
  expect(result.get('agent-end')).toMatchObject({ end: 'exit', code: 6, left: 2 })
  expect(result.out().toString()).toBe('left\n')
})

test('an agent that closes its output early is waited for', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order(agent('close-early.sh')))
  expect(result.code).toBe(3)
  expect(readFileSync(berth.at('work', 'closed-early.txt'), 'utf8')).toBe('done\n')
})

test('the last word ends the turn after its grace, whoever still holds the output', async () => {
  using berth = makeBerth()
  const stays = await runWorker(berth, berth.order({ ...agent('last-word.sh', 'stay'), end }))
  expect(stays.code).toBe(0)
  expect(stays.get('agent-end')).toMatchObject({ end: 'final-event' })
  const child = await runWorker(berth, berth.order({ ...agent('last-word.sh', 'child'), end }))
  expect(child.code).toBe(0)
  expect(child.get('agent-end')).toMatchObject({ code: 0, left: 1 })
  const exits = await runWorker(berth, berth.order({ ...agent('last-word.sh', 'exit', '3'), end }))
  expect(exits.get('agent-end')).toMatchObject({ end: 'exit', code: 3 })
})

test('only the field of the line itself is a last word', async () => {
  using berth = makeBerth()
  const script = `echo '{"text":"{\\"type\\":\\"turn.completed\\"}","deep":{"type":"turn.completed"},"type":"x"}'; sleep 1; exit 8`
  expect((await runWorker(berth, berth.order({ ...sh(script), end }))).code).toBe(8)
})

test('a stop sends the agent’s own signal first, and its answer is kept', async () => {
  using berth = makeBerth()
  putOrder(berth, berth.order(agent('polite.sh')))
  const worker = startWorker(berth)
  await worker.seen(isReady)
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.out().toString()).toBe('ready\nbye\n')
  expect(result.get('agent-end')).toMatchObject({ end: 'stopped', code: 7 })
  expect(result.code).toBe(7)
})

test('an agent that ignores every signal is killed in the end', async () => {
  using berth = makeBerth()
  putOrder(berth, berth.order(agent('stubborn.sh')))
  const worker = startWorker(berth)
  await worker.seen(isReady)
  worker.signal('SIGINT')
  const result = await worker.end
  expect(result.out().toString()).toBe('ready\ngot INT\ngot TERM\n')
  expect(result.get('agent-end')).toMatchObject({ end: 'stopped', code: null, signal: 'SIGKILL' })
  expect(result.code).toBe(137)
})

test('an agent that answers its signal is not waited for because of a child', async () => {
  using berth = makeBerth()
  const script = 'trap "echo bye; exit 7" INT; (trap "" INT; sleep 1000) & echo ready; wait'
  putOrder(berth, berth.order({ ...sh(script), interrupt: { signal: 'SIGINT', graceMs: 60_000 } }))
  const worker = startWorker(berth)
  await worker.seen(isReady)
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.out().toString()).toBe('ready\nbye\n')
  expect(result.get('agent-end')).toMatchObject({ end: 'stopped', code: 7 })
})

test('a second signal kills at once', async () => {
  using berth = makeBerth()
  putOrder(berth, berth.order({ ...agent('stubborn.sh'), interrupt: { signal: 'SIGINT', graceMs: 60_000 } }))
  const worker = startWorker(berth)
  await worker.seen(isReady)
  worker.signal('SIGTERM')
  await worker.seen((frame) => 'd' in frame && frame.d.includes('got INT'))
  worker.signal('SIGTERM')
  const result = await worker.end
  expect(result.get('agent-end')).toMatchObject({ end: 'stopped', signal: 'SIGKILL' })
  expect(result.out().toString()).not.toContain('TERM')
})

test('the turn has a limit', async () => {
  using berth = makeBerth()
  const order = berth.order(agent('polite.sh'))
  const result = await runWorker(berth, { ...order, limits: { ...order.limits, turnMs: 400 } })
  expect(result.get('agent-end')).toMatchObject({ end: 'turn-limit', code: 7 })
  expect(result.code).toBe(7)
})

test('a limit longer than a timer can hold does not end the turn', async () => {
  using berth = makeBerth()
  const order = berth.order(sh('sleep 0.2; exit 2'))
  const result = await runWorker(berth, { ...order, limits: { ...order.limits, turnMs: 2 ** 33 } })
  expect(result.get('agent-end')).toMatchObject({ end: 'exit', code: 2 })
})

test('on a host only what is the agent’s own is killed, even by a worker that became a child of pid 1', async () => {
  const stranger = spawn('sleep', ['1000'], { env: {}, detached: true, stdio: 'ignore' })
  onTestFinished(() => void stranger.kill('SIGKILL'))
  for (const orphan of [false, true]) {
    using berth = makeBerth()
    putOrder(
      berth,
      berth.order(sh('setsid sleep 1001 >/dev/null 2>&1 & sleep 1002 >/dev/null 2>&1 & echo $!; sleep 0.4; exit 3')),
    )
    const log = berth.at('log')
    const command = `"$0" "$1" "$2" >"$3"; echo >"$3.end"`
    const argv = [
      '-c',
      orphan ? `(${command}) & exit 0` : command,
      process.execPath,
      workerFile(),
      berth.at('exchange'),
      log,
    ]
    spawn('/bin/sh', argv, { env: { PATH: process.env['PATH'] }, stdio: 'ignore' })
    await expect.poll(() => existsSync(`${log}.end`)).toBe(true)
    const result = ended(null, readFileSync(log), '')
    expect(result.get('agent-end')).toMatchObject({ code: 3, left: 2 })
    // A command line has only what is alive; init may not have buried it yet.
    const cmdline = `/proc/${result.out().toString().trim()}/cmdline`
    expect(existsSync(cmdline) ? readFileSync(cmdline, 'utf8') : '').toBe('')
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null)
  }
})

test('a folder of exchange that is not there is told', async () => {
  using berth = makeBerth()
  const gone = { ...berth, at: (...parts: readonly string[]) => berth.at('nowhere', ...parts) }
  expect(existsSync(gone.at('exchange'))).toBe(false)
  expect((await startWorker(gone).end).get('fail')?.stage).toBe('order')
})
