import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { firstEngine } from '../fixtures/engines.ts'
import { ordinaryUser } from '../fixtures/ordinary-user.ts'
import { terminal } from '../fixtures/terminal.ts'
import { type Tmux, tmux } from '../fixtures/tmux.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')
const AGENT = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'agents', 'full-screen.sh'), 'utf8')
/** A shell that keeps its terminal from no command that is stopped. */
const WITHOUT_JOBS = 'set +m'
type AttachedOptions = {
  readonly flags?: string
  readonly last?: string
  readonly size?: { readonly columns: number; readonly rows: number }
  /** For the shell, before. */
  readonly setup?: string
}

const DETACH = ['C-p', 'C-q'] as const

/** The rows that the agent draws. */
const drawn = (columns: number, rows: number, last: string): string =>
  Array.from({ length: rows }, (_, at) => `row ${at + 1} of ${columns}x${rows}`)
    .map((row, at) => (at === 2 ? `${row.padEnd(29)} last ${last}, 2 answers` : row))
    .join('\n')

/** Of root, or of an ordinary user for rootless Podman. */
const berthOn = (name: string): Berth => {
  if (name !== 'rootless') return berth()
  const { uid, gid } = ordinaryUser()
  return berth({ uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

describe.each(firstEngine())("at the agent's terminal on $name", ({ flag, name }) => {
  let b: Berth
  const terminals: Tmux[] = []
  const open = async (size?: { columns: number; rows: number }) => {
    const terminal = await tmux(b, size)
    terminals.push(terminal)
    return terminal
  }
  /** The screen is as the agent has drawn it. */
  const shows = ({ until }: Tmux, columns: number, rows: number, last: string) =>
    until((screen) => screen.trimEnd().replaceAll(/ +$/gm, '') === drawn(columns, rows, last), `last ${last}`)
  const start = async (): Promise<string> => {
    const place = ['--engine', flag, '--no-repo', '--agent', 'noop', '-c', `shell=${AGENT}`]
    const ran = await b.run(['start', '--mode', 'interactive', ...place])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  /** Somebody who is attached, and sees the agent's screen; `pid` is that of the CLI. */
  const attached = async (id: string, options: AttachedOptions = {}) => {
    const { flags = '', last = 'none', size, setup = 'true' } = options
    const terminal = await open(size)
    const before = await terminal.flags()
    const run = `sh -c 'echo $$ > pid; exec $B attach ${flags} ${id}'`
    await terminal.line(`${setup}; stty -g > before; ${run}; echo "code $?"; stty -g > after`)
    if (size === undefined) await shows(terminal, 80, 24, last)
    return { terminal, before, pid: Number(readFileSync(join(b.folder, 'pid'), 'utf8')) }
  }
  type Attached = Awaited<ReturnType<typeof attached>>
  /** The shell has the terminal again, as it was. */
  const isWhole = async ({ terminal, before }: Attached, code: number) => {
    await terminal.until((screen) => new RegExp(`code ${code}\n\\$`).test(screen), `code ${code}`)
    expect(await terminal.flags()).toBe(before)
    const state = (file: string) => readFileSync(join(b.folder, file), 'utf8')
    expect(state('after')).toBe(state('before'))
  }

  beforeAll(() => {
    b = berthOn(name)
    writeFileSync(join(b.folder, 'agent'), AGENT)
  })
  afterAll(async () => {
    for (const terminal of terminals) await terminal.close()
    await b.close()
  })

  test('`run` without a terminal must say how to come to the agent’s', async () => {
    const ran = await b.run([
      'run',
      '--mode',
      'interactive',
      '--engine',
      flag,
      '--no-repo',
      '-a',
      'noop',
      '-c',
      'shell=true',
    ])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    expect(ran.stderr).toMatch(/the agent works at its own terminal: `berth attach t-\w+`/)
  })

  test('run -it shows the screen, passes keys and sizes, and ends with the outcome; detached in between', async () => {
    const terminal = await open()
    const flags = await terminal.flags()
    await terminal.line(`$B run -it --engine ${flag} --no-repo --agent noop -c "shell=$(cat agent)"; echo "code $?"`)
    await shows(terminal, 80, 24, 'none')
    await terminal.keys('a', 'b')
    await shows(terminal, 80, 24, 'noneab')
    await terminal.keys('C-c')
    await shows(terminal, 80, 24, 'INT')
    await terminal.resize(100, 30)
    await shows(terminal, 100, 30, 'INT')
    const cells = await terminal.cells()

    await terminal.keys(...DETACH)
    await terminal.until((screen) => /code 9\n\$/.test(screen), 'the shell')
    expect(await terminal.flags()).toBe(flags.replace('lower=23', 'lower=29'))
    const [, id = ''] = /`berth attach (t-\w+)`/.exec((await terminal.screen()).replaceAll('\n', '')) ?? []
    await terminal.line(`$B attach ${id}; echo "code $?"`)
    await shows(terminal, 100, 30, 'INT')
    expect(await terminal.cells()).toBe(cells)

    await terminal.keys('q')
    await terminal.until((screen) => /code 1\n\$/.test(screen), 'the outcome')
    expect(await terminal.screen()).toContain(`berth resume ${id}`)
    expect(await terminal.flags()).toBe(flags.replace('lower=23', 'lower=29'))
    expect(await b.status(id)).toMatchObject({ state: 'failed', outcome: { exitCode: 3 } })
  })

  test('the terminal is whole after detach keys of its own and after signals, and while the command is suspended', async () => {
    const id = await start()
    const keys = await attached(id, { flags: '--detach-keys ctrl-a,d' })
    await keys.terminal.keys('x', 'C-a', 'd')
    await isWhole(keys, 9)
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const viewer = await attached(id, { last: 'nonex' })
      process.kill(viewer.pid, signal)
      await isWhole(viewer, code)
    }
    const { terminal, pid, before } = await attached(id, { last: 'nonex' })
    process.kill(pid, 'SIGTSTP')
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /)
    expect(await terminal.flags()).toBe(before)
    await terminal.line('fg')
    await shows(terminal, 80, 24, 'nonex')
    await terminal.keys('y')
    await shows(terminal, 80, 24, 'nonexy')
    await terminal.keys('q')
    await terminal.shown('all details')
    expect(await terminal.flags()).toBe(before)
  })

  if (name !== 'docker') return

  test('one writes, others look on: also at another size, and one who reads nothing', async () => {
    const id = await start()
    const writer = await attached(id)
    const reader = await attached(id, { flags: '--read-only', setup: WITHOUT_JOBS })
    const small = await attached(id, { flags: '--read-only', size: { columns: 40, rows: 10 } })
    await small.terminal.shown('row 10 of 80x24')
    expect((await reader.terminal.history()).replaceAll('\n', '')).toMatch(
      /berth: t-\w+: \S+@\S+ pts\/\d+ writes, you look on, 1 other attached/,
    )
    expect(await reader.terminal.flags()).toContain('mouse_any_flag=0')
    expect(await writer.terminal.flags()).toContain('mouse_any_flag=1')
    await reader.terminal.keys('r')
    await writer.terminal.keys('w')
    for (const { terminal } of [writer, reader]) await shows(terminal, 80, 24, 'nonew')
    await small.terminal.shown('last nonew')

    process.kill(reader.pid, 'SIGSTOP')
    await writer.terminal.keys('p')
    await shows(writer.terminal, 80, 24, 'flood')
    process.kill(reader.pid, 'SIGCONT')
    await shows(reader.terminal, 80, 24, 'flood')

    const second = await open()
    await second.line(`$B attach ${id}; echo "code $?"`)
    await second.shown('Take over?')
    await second.line('n')
    await second.shown('code 2')
    expect(await second.screen()).toContain(`berth attach --take ${id}`)
    await second.line(`clear; $B attach ${id}`)
    await second.shown('Take over?')
    await second.line('y')
    await writer.terminal.shown('writes now, you look on')
    await shows(second, 80, 24, 'flood')
    await second.keys('s')
    await shows(second, 80, 24, 'floods')
    await writer.terminal.keys('z')
    await shows(writer.terminal, 80, 24, 'floods')

    await second.keys('q')
    for (const viewer of [writer, reader]) await viewer.terminal.shown('code 1')
    expect(await reader.terminal.flags()).toBe(reader.before)
  })

  test('a supervisor that is killed is called again, and no key is typed twice', async () => {
    const id = await start()
    const { terminal, before } = await attached(id)
    await terminal.keys('a')
    await shows(terminal, 80, 24, 'nonea')
    const pid = await b.supervisor()
    process.kill(pid ?? 0, 'SIGKILL')
    await terminal.shown('connecting again')
    await terminal.keys('l', 'o', 's', 't')
    await shows(terminal, 80, 24, 'nonea')
    await terminal.keys('b')
    await shows(terminal, 80, 24, 'noneab')
    await terminal.keys('q')
    await terminal.shown('code 1')
    expect(await terminal.flags()).toBe(before)
  })

  test('a terminal of zero size, a task without a terminal, and one that is over are refused', async () => {
    const refused = async (id: string, size = {}): Promise<string> => {
      const shown = terminal([BERTH, 'attach', id], { env: b.env, ...size })
      expect(await shown.over).toBe(2)
      return shown.screen
    }
    expect(await refused('t-zzzz', { columns: 0, rows: 0 })).toContain('a terminal of 0 x 0 cells shows nothing')
    const place = ['--engine', flag, '--no-repo', '--agent', 'noop']
    const busy = (await b.run(['start', ...place, '-c', 'sleep=600', 'wait'])).stdout.trim()
    expect(await refused(busy)).toMatch(/runs on no terminal\r+\n.*`berth log -f /)
    await b.run(['stop', '--now', busy])
    const over = await start()
    await b.run(['stop', over])
    expect(await refused(over)).toContain(`${over} is stopped`)
  })
})
