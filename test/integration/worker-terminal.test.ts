import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { EXEC } from '../../src/domain/exec-frame.ts'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { execConnection } from '../fixtures/exec-connection.ts'
import { cleanups, client, taskOf, useGateways } from './gateway-harness.ts'
import { AGENTS, type Berth, makeBerth, putOrder, runWorker, sh, startWorker } from './worker-harness.ts'

useGateways()

const never = new AbortController().signal
const terminal = { columns: 100, rows: 30, term: 'xterm-256color' }
const on = (script: string) => ({ ...sh(script), terminal })

/** A turn on a terminal, beside a gateway by which callers come. */
const turn = async (berth: Berth, script: string, changes: Partial<WorkOrder> = {}) => {
  const gateway = client()
  const task = taskOf('http://127.0.0.1:9')
  await gateway.open(task)
  const forward = { port: 0, socket: task.socket, holdMs: 1000, callers: true }
  putOrder(berth, berth.order(on(script), { forward, ...changes }))
  const worker = startWorker(berth)
  cleanups.push(() => worker.child.kill('SIGKILL'))
  const socket = (kind: 'terminal' | 'program') => gateway.dial('t-1', { kind }, never)
  const dial = async (kind: 'terminal' | 'program' = 'terminal') => execConnection(await socket(kind))
  return { worker, socket, dial }
}

describe('an agent on a terminal', () => {
  test('it is its own terminal, of the size that was asked for', async () => {
    using berth = makeBerth()
    const result = await runWorker(berth, berth.order(on('tty; stty size; echo "$TERM é"; echo no >&2; exit 7')))
    expect(result.out('t').toString()).toMatch(/^\/dev\/pts\/\d+\r\n30 100\r\nxterm-256color é\r\nno\r\n$/)
    expect([...new Set(result.frames.map(({ k }) => k))]).toEqual([
      'hello',
      'phase',
      'agent-start',
      'size',
      'out',
      'agent-end',
      'end',
    ])
    expect(result.get('size')).toMatchObject({ columns: 100, rows: 30 })
    expect([result.code, result.get('agent-end')]).toMatchObject([7, { code: 7, signal: null, end: 'exit', left: 0 }])
  })

  test.each([
    ['exit 0', { code: 0, signal: null }, 0],
    ['exit 255', { code: 255, signal: null }, 255],
    ['kill -SEGV $$', { code: null, signal: 'SIGSEGV' }, 139],
    ['kill -KILL $$', { code: null, signal: 'SIGKILL' }, 137],
  ])('%s', async (script, end, code) => {
    using berth = makeBerth()
    const result = await runWorker(berth, berth.order(on(script)))
    expect([result.code, result.get('agent-end')]).toMatchObject([code, { ...end, end: 'exit' }])
  })

  test('the prompt is added to its word, whatever is in it', async () => {
    using berth = makeBerth()
    const prompt = `--start 'é' "$HOME" \\ \n\n-- end`
    writeFileSync(berth.at('exchange/prompt'), prompt)
    const argv = ['/bin/sh', '-c', 'stty -opost; printf %s "$1"', 'sh', 'prompt='] as const
    const result = await runWorker(berth, berth.order({ argv, terminal: { ...terminal, promptAt: 4 } }))
    expect(result.out('t').toString()).toBe(`prompt=${prompt}`)
  })

  test.each([
    ['x'.repeat(131_072), 'the prompt has 131072 bytes: at a terminal the agent gets it as an argument, of 131071'],
    ['a\0b', 'the prompt has a NUL byte'],
  ])('a prompt that no argument can be is told', async (prompt, words) => {
    using berth = makeBerth()
    writeFileSync(berth.at('exchange/prompt'), prompt)
    const argv = ['/bin/echo', ''] as const
    const result = await runWorker(berth, berth.order({ argv, terminal: { ...terminal, promptAt: 1 } }))
    expect([result.code, result.get('agent-end')]).toMatchObject([125, { end: 'not-started', code: null }])
    expect(result.get('fail')).toMatchObject({ stage: 'agent', message: expect.stringContaining(words) })
  })

  test('the longest prompt arrives', async () => {
    using berth = makeBerth()
    writeFileSync(berth.at('exchange/prompt'), 'x'.repeat(131_071))
    const argv = ['/bin/sh', '-c', 'printf %s "$1" | wc -c', 'sh', ''] as const
    const result = await runWorker(berth, berth.order({ argv, terminal: { ...terminal, promptAt: 4 } }))
    expect(result.out('t').toString().trim()).toBe('131071')
  })

  test('an agent that is not there is named', async () => {
    using berth = makeBerth()
    const missing = await runWorker(berth, berth.order({ argv: ['/opt/nowhere/codex'], terminal }))
    expect([missing.code, missing.get('agent-end')]).toMatchObject([125, { end: 'not-started' }])
    expect(missing.get('fail')?.message).toBe('started /opt/nowhere/codex: there is no such program (ENOENT)')
  })

  test('output past the limit is read, counted and thrown away', async () => {
    using berth = makeBerth()
    const order = berth.order(on('stty -opost; head -c 3000000 /dev/zero | tr "\\0" x; exit 4'))
    const result = await runWorker(berth, { ...order, limits: { ...order.limits, outputBytes: 1_000_001 } })
    expect(result.out('t').length).toBe(1_000_001)
    const dropped = result.frames.reduce((sum, frame) => sum + (frame.k === 'dropped' ? frame.bytes : 0), 0)
    expect(dropped).toBe(1_999_999)
    expect(result.code).toBe(4)
  })

  test('a log that is not read stops the agent and not the memory; then all arrives', async () => {
    using berth = makeBerth()
    putOrder(berth, berth.order(on('stty -opost; head -c 20000000 /dev/zero | tr "\\0" x; echo last')))
    const worker = startWorker(berth, { lazy: true })
    await sleep(1500)
    const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid()}/status`, 'utf8'))?.[1])
    expect(resident).toBeLessThan(120_000)
    let bytes = 0
    let end = ''
    worker.child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      end = (end + chunk.toString('latin1')).slice(-20_000)
    })
    expect((await worker.end).code).toBe(0)
    expect(bytes).toBeGreaterThan(20_000_000)
    expect(end).toContain('last')
    expect(end).toContain('"k":"agent-end"')
  })

  test('it ends when its process does, though a child holds the terminal', async () => {
    using berth = makeBerth()
    const child = '(trap "" HUP; touch ready; exec sleep 1000) &'
    const script = `${child} while [ ! -e ready ]; do sleep 0.01; done; echo said; exit 3`
    const result = await runWorker(berth, berth.order(on(script)))
    expect([result.code, result.get('agent-end')]).toMatchObject([3, { code: 3, end: 'exit' }])
    expect(result.get('agent-end')?.left).toBeGreaterThanOrEqual(1)
    expect(result.out('t').toString()).toContain('said')
  })

  test('a stop interrupts it, then TERM, HUP and KILL for the whole session', async () => {
    using berth = makeBerth()
    const script = [
      "trap 'echo got INT' INT; trap 'echo got TERM' TERM; trap 'echo got HUP' HUP",
      'set -m; (trap "echo child got HUP" HUP; while :; do sleep 0.05; done) &',
      'echo ready; while :; do sleep 0.05; done',
    ].join('\n')
    putOrder(berth, berth.order(on(script)))
    const worker = startWorker(berth)
    await worker.seen((frame) => 'd' in frame && frame.d.includes('ready'))
    worker.signal('SIGTERM')
    const result = await worker.end
    const said = result.out('t').toString()
    expect(said).toMatch(/ready\r\n(.*\r\n)*got INT\r\n(.*\r\n)*got TERM\r\n/)
    expect(said).toContain('\ngot HUP')
    expect(said).toContain('child got HUP')
    expect([result.code, result.get('agent-end')]).toMatchObject([137, { end: 'stopped', signal: 'SIGKILL' }])
  })

  test('without a terminal none is loaded', async () => {
    using berth = makeBerth()
    const result = await runWorker(berth, berth.order(sh('grep -c "pty.node" /proc/$PPID/maps; tty')))
    expect(result.out().toString()).toBe('0\nnot a tty\n')
    const other = await runWorker(berth, berth.order(on('grep -c "pty.node" /proc/$PPID/maps')))
    expect(Number(other.out('t').toString())).toBeGreaterThan(0)
  })
})

describe('callers of its terminal', () => {
  test('keys and sizes reach it; the fast lane carries the very lines of the log', async () => {
    using berth = makeBerth()
    const { worker, dial } = await turn(berth, 'echo ready; read one; stty size; echo "<$one>"; sleep 1000')
    const [first, second] = await Promise.all([dial(), dial()])
    await worker.seen((frame) => 'd' in frame && frame.d.includes('ready'))
    first.send(EXEC.resize, { columns: 120, rows: 40 })
    first.send(EXEC.resize, { columns: 120, rows: 40 })
    first.send(EXEC.resize, { columns: 0, rows: 40 })
    first.send(EXEC.stdin, 'é\r')
    await second.seen('<\\u00e9>')
    first.send(EXEC.stdin, '\x03')
    await Promise.all([first.end, second.end])
    const result = await worker.end
    expect([result.code, result.get('agent-end')]).toMatchObject([130, { code: null, signal: 'SIGINT', end: 'exit' }])
    expect(result.out('t').toString()).toContain('40 120\r\n<é>\r\n')
    expect(result.frames.filter(({ k }) => k === 'size').map((frame) => ({ ...frame, t: 0, n: 0 }))).toMatchObject([
      { columns: 100, rows: 30 },
      { columns: 120, rows: 40 },
    ])
    for (const caller of [first, second]) {
      const lines = caller.text().split('\n')
      expect(lines.pop()).toBe('')
      const from = result.lines.indexOf(lines[0] ?? '')
      expect(from).toBeGreaterThan(0)
      expect(result.lines.slice(from, from + lines.length)).toEqual(lines)
      expect(lines.at(-1)).toContain('"k":"agent-end"')
    }
  })

  test('a caller that does not read misses lines, and neither agent nor other callers wait', async () => {
    using berth = makeBerth()
    const { worker, socket, dial } = await turn(
      berth,
      'read go; head -c 5000000 /dev/zero | tr "\\0" x; echo; read go; exit 6',
    )
    const [unread, other] = await Promise.all([socket('terminal'), dial()])
    other.send(EXEC.stdin, 'go\r')
    // Of the log: this caller may be behind, too, on a slow machine.
    await worker.seen((frame) => 'd' in frame && frame.d.endsWith('xx\r\n'))
    other.send(EXEC.stdin, 'go\r')
    const result = await worker.end
    expect(result.code).toBe(6)
    expect(result.out('t').length).toBeGreaterThan(5_000_000)
    const slow = execConnection(unread)
    await slow.end
    expect(slow.text().length).toBeGreaterThan(100_000)
    expect(slow.text()).not.toContain('"k":"agent-end"')
    expect(other.text()).toContain('"k":"agent-end"')
  })

  test('an agent that reads nothing stops who types, and nobody else', async () => {
    using berth = makeBerth()
    const { worker, dial } = await turn(berth, 'stty raw -echo; echo ready; sleep 1000')
    const typist = await dial()
    await worker.seen((frame) => 'd' in frame && frame.d.includes('ready'))
    for (let sent = 0; sent < 40; sent += 1) typist.send(EXEC.stdin, Buffer.alloc(100_000, 'x'))
    await sleep(500)
    expect(typist.socket.writableLength).toBeGreaterThan(0)
    const shell = await dial('program')
    shell.send(EXEC.open, { argv: ['/bin/sh', '-c', 'echo alive; pkill -KILL -x sleep'], tty: null })
    await shell.seen('alive')
    expect((await worker.end).code).toBe(137)
    await typist.end
  })

  test('a shell beside the agent is none of what the agent left, and ends with the turn', async () => {
    using berth = makeBerth()
    const { worker, dial } = await turn(berth, 'read go; exit 0')
    const [keyboard, shell] = [await dial(), await dial('program')]
    shell.send(EXEC.open, { argv: ['/bin/sh'], tty: { columns: 80, rows: 24, term: 'xterm' } })
    shell.send(EXEC.stdin, 'echo in $((40 + 2)) $PWD $BERTH_TASK\r')
    await shell.seen(`in 42 ${berth.at('work')} ${berth.task}`)
    keyboard.send(EXEC.stdin, 'go\r')
    const result = await worker.end
    expect(result.get('agent-end')).toMatchObject({ code: 0, left: 0 })
    await shell.end
  })

  test('a turn without a terminal has none to give', async () => {
    using berth = makeBerth()
    const { dial, worker } = await turn(berth, '', { run: berth.order(sh('sleep 1000')).run })
    await worker.seen(({ k }) => k === 'agent-start')
    await expect(dial()).rejects.toMatchObject({ message: 't-1: the agent runs on no terminal' })
  })

  test('an agent that floods a terminal with odd bytes gets its bytes back', async () => {
    using berth = makeBerth()
    const flood = `stty raw -echo; head -c 1 > /dev/null; exec ${process.execPath} ${AGENTS}/bytes.mjs all`
    const { worker, dial } = await turn(berth, flood)
    const caller = await dial()
    caller.send(EXEC.stdin, 'g')
    const result = await worker.end
    await caller.end
    const expected = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7 + (at >> 8)) & 255))
    expect(result.out('t').equals(expected)).toBe(true)
  })
})
