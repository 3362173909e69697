import { describe, expect, test } from 'vitest'
import { EXEC } from '../../src/domain/exec-frame.ts'
import { testEngines } from '../fixtures/engines.ts'
import { execConnection } from '../fixtures/exec-connection.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { startInEngine } from './engine-worker.ts'
import { useGateways } from './gateway-harness.ts'
import { makeBerth, sh } from './worker-harness.ts'

useGateways()

const TTY = { columns: 91, rows: 17, term: 'xterm-256color' }
const on = (script: string) => ({ ...sh(script), terminal: TTY })
/** A program that says its terminal's size at each line, and ends at a line with a number. */
const SIZES = `process.stdin.on('data', (line) => {
  if (Number(line) > 0) process.exit(Number(line))
  process.stdout._refreshSize()
  console.log('size', process.stdout.getWindowSize().join(' '))
})`

test('there is an engine to test with', () => {
  expect(testEngines()).not.toEqual([])
})

describe.each(testEngines())('on $name', (engine) => {
  test('an agent on a terminal: sizes, keys, Ctrl-C, and a log that says the same as the fast lane', async () => {
    using berth = makeBerth()
    const script = 'id -u; tty; echo ready; read one; stty size; echo "<$one>"; exec sleep 1000'
    const worker = await startInEngine(engine, berth, { run: on(script) })
    const keyboard = await worker.dial('terminal')
    keyboard.send(EXEC.resize, { columns: 120, rows: 40 })
    keyboard.send(EXEC.stdin, 'hello\r')
    await keyboard.seen('<hello>')
    keyboard.send(EXEC.stdin, '\x03')
    await keyboard.end
    const result = await worker.end()
    expect([result.code, result.get('agent-end')]).toMatchObject([130, { signal: 'SIGINT', end: 'exit', left: 0 }])
    expect(result.out('t').toString()).toMatch(/^1000\r\n\/dev\/pts\/\d+\r\nready\r\n/)
    expect(result.out('t').toString()).toContain('40 120\r\n<hello>\r\n')
    const lines = keyboard.text().split('\n').slice(0, -1)
    const from = result.lines.indexOf(lines[0] ?? '')
    expect(result.lines.slice(from, from + lines.length)).toEqual(lines)
    expect(lines.at(-1)).toContain('"k":"agent-end"')
  })

  test('programs for callers: each exit code, with pipes and with a terminal', async () => {
    using berth = makeBerth()
    const worker = await startInEngine(engine, berth, { run: null, changes: { hold: true } })
    for (const [script, code] of [
      ['exit 0', 0],
      ['exit 7', 7],
      ['exit 255', 255],
      ['kill -TERM $$', 143],
      ['kill -KILL $$', 137],
    ] as const)
      for (const tty of [null, TTY]) {
        const program = await worker.dial('program')
        program.send(EXEC.open, { argv: ['/bin/sh', '-c', script], tty })
        expect(await program.code()).toBe(code)
      }
    const shell = await worker.dial('program')
    shell.send(EXEC.open, { argv: ['/bin/sh', '-c', 'stty size; read go; stty size; read go'], tty: TTY })
    await shell.seen('17 91')
    shell.send(EXEC.resize, { columns: 132, rows: 50 })
    shell.send(EXEC.stdin, 'go\r')
    await shell.seen('50 132')
    await worker.stop()
    expect(await shell.code()).toBe(137)
    expect((await worker.end()).code).toBe(0)
  })

  test('an agent that floods its terminal: a slow caller misses lines, the rest is dropped, Ctrl-C ends it', async () => {
    using berth = makeBerth()
    const limits = { turnMs: 60_000, outputBytes: 8_000_000 }
    const worker = await startInEngine(engine, berth, { run: on('read go; exec yes'), changes: { limits } })
    const [unread, keyboard] = [await worker.socket('terminal'), await worker.dial('terminal')]
    keyboard.send(EXEC.stdin, 'go\r')
    await keyboard.seen('"k":"dropped"')
    keyboard.send(EXEC.stdin, '\x03')
    const result = await worker.end()
    await keyboard.end
    expect([result.code, result.get('agent-end')]).toMatchObject([130, { signal: 'SIGINT', end: 'exit' }])
    expect(result.out('t').length).toBe(8_000_000)
    const slow = execConnection(unread)
    await slow.end
    expect(slow.text().length).toBeLessThan(8_000_000)
  })

  test('an image without a C library has terminals too', async () => {
    using image = shellImage(engine, 'berth-test-terminal')
    using berth = makeBerth()
    const argv = ['/opt/berth/bin/node', '-e', SIZES] as const
    const run = { argv, terminal: TTY }
    const worker = await startInEngine(engine, berth, { run, image: image.tag })
    const [keyboard, shell] = [await worker.dial('terminal'), await worker.dial('program')]
    shell.send(EXEC.open, { argv: ['sh', '-c', 'echo $((40 + 2)); exit 9'], tty: TTY })
    expect(await shell.code()).toBe(9)
    expect(shell.text()).toBe('42\r\n')
    keyboard.send(EXEC.stdin, 'size\r')
    await keyboard.seen('size 91 17')
    keyboard.send(EXEC.resize, { columns: 120, rows: 40 })
    keyboard.send(EXEC.stdin, 'size\r')
    await keyboard.seen('size 120 40')
    keyboard.send(EXEC.stdin, '7\r')
    const result = await worker.end()
    expect([result.code, result.get('agent-end')]).toMatchObject([7, { code: 7 }])
  })

  test('a sandbox that lacks what a terminal needs is told', async () => {
    using berth = makeBerth()
    const options = ['--tmpfs', '/dev/pts']
    const worker = await startInEngine(engine, berth, { run: on('exit 0'), options })
    const result = await worker.end()
    expect([result.code, result.get('agent-end')]).toMatchObject([125, { end: 'not-started' }])
    expect(result.get('fail')?.message).toMatch(
      /^opened a terminal: .+\. The image or its engine lacks what a terminal needs$/,
    )
  })
})
