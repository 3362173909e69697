import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { EXEC } from '../../src/domain/exec-frame.ts'
import type { ProgramOpening } from '../../src/domain/program-opening.ts'
import { execConnection } from '../fixtures/exec-connection.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { cleanups, client, taskOf, useGateways } from './gateway-harness.ts'
import { type Berth, makeBerth, putOrder, startWorker } from './worker-harness.ts'

useGateways()

const never = new AbortController().signal
const TTY = { columns: 91, rows: 17, term: 'xterm' }

/** A worker that holds its container open, and a way to start programs in there. */
const held = async (berth: Berth, changes: object = {}) => {
  const gateway = client()
  const task = taskOf('http://127.0.0.1:9')
  await gateway.open(task)
  const forward = { port: 0, socket: task.socket, holdMs: 1000, callers: true }
  putOrder(berth, { ...berth.order(null), hold: true, forward, ...changes })
  const worker = startWorker(berth)
  cleanups.push(() => worker.child.kill('SIGKILL'))
  const open = async (opening: Partial<ProgramOpening>) => {
    const made = execConnection(await gateway.dial('t-1', { kind: 'program' }, never))
    made.send(EXEC.open, { tty: null, ...opening })
    return made
  }
  const sh = (script: string, more: Partial<ProgramOpening> = {}) => open({ argv: ['/bin/sh', '-c', script], ...more })
  return { worker, open, sh }
}

describe('a program in a sandbox', () => {
  test.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ])('%s', async (script, code) => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    expect(await (await sh(script)).code()).toBe(code)
    expect(await (await sh(script, { tty: TTY })).code()).toBe(code)
  })

  test('with pipes: input and its end, both outputs byte by byte, environment and folder', async () => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) & 255))
    const echo = await sh('cat; echo "$ONE $HOME $PWD" >&2', { env: { ONE: '1' }, cwd: berth.at('work') })
    echo.send(EXEC.stdin, bytes)
    echo.send(EXEC.end)
    expect(await echo.code()).toBe(0)
    expect(echo.bytes(EXEC.stdout).equals(bytes)).toBe(true)
    expect(echo.text(EXEC.stderr)).toBe(`1 ${berth.at('home')} ${berth.at('work')}\n`)
  })

  test('with a terminal: its size follows the caller, keys reach it', async () => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const shell = await sh('tty; echo $TERM; stty size; read line; stty size; echo "<$line>"; read line; echo never', {
      tty: TTY,
    })
    await shell.seen('17 91')
    shell.send(EXEC.resize, { columns: 120, rows: 40 })
    shell.send(EXEC.stdin, 'é\r')
    await shell.seen('40 120\r\n<é>')
    shell.send(EXEC.stdin, '\x03')
    expect(await shell.code()).toBe(130)
    expect(shell.text()).toMatch(/^\/dev\/pts\/\d+\r\nxterm\r\n/)
  })

  test('what cannot be started is told', async () => {
    using berth = makeBerth()
    const { open } = await held(berth)
    for (const tty of [null, TTY]) {
      const missing = await open({ argv: ['/opt/nowhere'], tty })
      await expect(missing.code()).rejects.toThrow('started /opt/nowhere: there is no such program (ENOENT)')
      const folder = await open({ argv: ['/bin/sh'], cwd: '/nowhere', tty })
      await expect(folder.code()).rejects.toThrow('started /bin/sh in /nowhere: there is no such folder')
      const forbidden = await open({ argv: ['/etc/passwd'], tty })
      await expect(forbidden.code()).rejects.toThrow('it may not be executed (EACCES)')
      const long = await open({ argv: ['/bin/echo', 'x'.repeat(200_000)], tty })
      await expect(long.code()).rejects.toThrow('its arguments and environment are too large (E2BIG)')
    }
    await expect((await open({ argv: [] })).code()).rejects.toThrow('names no program')
    await expect((await open({ argv: ['/bin/sh'], tty: { ...TTY, rows: 0 } })).code()).rejects.toThrow(
      'names no program',
    )
  })

  test.each([null, TTY])('it ends with its connection, and what it started too; terminal: %o', async (tty) => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const mark = berth.at('work/mark')
    const script = `trap 'echo hung up >>${mark}' HUP; echo $$ >>${mark}; (trap '' HUP; sleep 1000) & echo $! >>${mark}; echo ready; while :; do sleep 0.05; done`
    const program = await sh(script, { tty })
    await program.seen('ready')
    program.socket.destroy()
    await waitFor(() => readFileSync(mark, 'utf8').includes('hung up'), 'HUP')
    const check = async () => {
      const [one = '', two = ''] = readFileSync(mark, 'utf8').split('\n')
      const look = await sh(`cat /proc/${one}/status /proc/${two}/status | grep -q 'State:.[^Z]'`)
      return await look.code()
    }
    await expect.poll(check).toBe(1)
  })

  test.each([null, TTY])('a caller that goes while its input is not taken is noticed; terminal: %o', async (tty) => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const mark = berth.at('work/mark')
    const program = await sh(
      `trap 'echo hung up >${mark}; exit' HUP; stty raw 2>/dev/null; echo ready; while :; do sleep 0.05; done`,
      { tty },
    )
    await program.seen('ready')
    for (let sent = 0; sent < 40; sent += 1) program.send(EXEC.stdin, Buffer.alloc(100_000, 'x'))
    await sleep(300)
    program.socket.destroy()
    await waitFor(() => existsSync(mark), 'HUP')
  })

  test.each([null, TTY])('a daemon that holds the output does not hold its end; terminal: %o', async (tty) => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const program = await sh('setsid sleep 1000 & echo said; exit 3', { tty })
    expect(await program.code()).toBe(3)
    expect(program.text()).toContain('said')
  })

  test('a slow caller slows the program, and gets all of it', async () => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const flood = await sh('head -c 30000000 /dev/zero | tr "\\0" x; exit 5')
    flood.socket.pause()
    await sleep(500)
    flood.socket.resume()
    expect(await flood.code()).toBe(5)
    expect(flood.bytes(EXEC.stdout).length).toBe(30_000_000)
  })

  test('it ends after its file has come, with 0', async () => {
    using berth = makeBerth()
    const { sh } = await held(berth)
    const script = `cd; mkdir .cli; echo half >.cli/a.json; echo ready; read line; echo '{"a":1}' >.cli/a.json; exec sleep 1000`
    const program = await sh(script, { tty: TTY, endsWith: '.cli/a.json' })
    await program.seen('ready')
    program.send(EXEC.stdin, '\r')
    expect(await program.code()).toBe(0)
  })
})

describe('a worker that holds its container', () => {
  test('it ends by a stop, with the programs, and gives the files that are asked for', async () => {
    using berth = makeBerth()
    const take = ['here/a.json', 'link.json', 'folder/link/a.json', 'large', 'none.json', 'pipe'].map((path, at) => ({
      path,
      file: `taken-${at}`,
    }))
    const { worker, sh } = await held(berth, { take })
    const running = await sh('echo ready; exec sleep 1000')
    await running.seen('ready')
    const home = (path: string) => berth.at('home', path)
    for (const name of ['here', 'folder']) mkdirSync(home(name))
    writeFileSync(home('here/a.json'), '{"a":1}')
    symlinkSync('/etc/passwd', home('link.json'))
    symlinkSync('../here', home('folder/link'))
    writeFileSync(home('large'), 'x'.repeat(1024 * 1024 + 1))
    expect(await (await sh('mkfifo ~/pipe')).code()).toBe(0)
    symlinkSync('/etc/nowhere', berth.at('exchange/taken-0'))
    worker.signal('SIGTERM')
    const result = await worker.end
    expect(await running.code()).toBe(137)
    expect(result.code).toBe(0)
    expect(result.frames.filter(({ k }) => k === 'taken').map(({ v: _, n: __, t: ___, ...rest }) => rest)).toEqual([
      { k: 'taken', file: 'taken-0' },
      { k: 'taken', file: 'taken-1', problem: 'link.json is a link' },
      { k: 'taken', file: 'taken-2', problem: 'link is a link' },
      { k: 'taken', file: 'taken-3', problem: 'large has 1048577 bytes, over the limit of 1048576' },
      { k: 'taken', file: 'taken-5', problem: 'pipe is no regular file' },
    ])
    expect(readFileSync(berth.at('exchange/taken-0'), 'utf8')).toBe('{"a":1}')
    for (const at of [1, 2, 3, 4, 5]) expect(existsSync(berth.at('exchange', `taken-${at}`))).toBe(false)
    rmSync(home('link.json'))
  })
})
