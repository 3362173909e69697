import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { TerminalSize } from '../../src/domain/worker-protocol.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine, firstCase, firstEngine, TEST_ALL, type TestEngine } from '../fixtures/engines.ts'
import { startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { terminalViewer } from '../fixtures/terminal-viewer.ts'
import { TEST_AGENTS } from '../fixtures/test-agents.ts'
import { processesOf } from '../fixtures/whole/processes-of.ts'

const WIDE = { columns: 100, rows: 30 }
/** 100 MB take half a minute beside other tests. */
const FLOOD_BYTES = TEST_ALL ? 100_000_000 : 5_000_000
const SMALL = { columns: 60, rows: 15 }

/** An agent that does what is typed, and shows only what that says. */
const AGENT = 'exec bash -c \'stty -echo; echo ready; while IFS= read -r line; do eval "$line"; done\''

/** All that a screen has: colours, wide characters, a scroll region, a saved cursor, an alternate screen, modes. */
const DRAWING = [
  'printf "\\033[2J\\033[1;1H\\033[1;33;44m a bar \\033[0m\\033[3;1H\\033[4:3mcurly\\033[0m 漢字 🙂"',
  'printf "\\033[?1049h\\033[2;20r\\033[5;7H\\0337\\033[?25l\\033[?1h\\033[?2004h\\033[?1002h\\033[?1006h"',
  'for n in 1 2 3 4 5 6 7 8 9; do printf "\\033[3$((n % 8))mrow $n \\033[4$((n % 8))m$n\\033[0m\\r\\n"; done',
  'printf "\\033[12;90Hover the end of the row, and \\033[30;10H\\033[38;2;1;2;3mdrawn\\033[15;3H"',
]

/** A berth for an engine, and a repository that its user may read. */
const benchOn = async (engine: TestEngine) => {
  const user = engine.name === 'rootless' ? ordinaryUser() : undefined
  const b = berth(user && { uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: `/run/user/${user.uid}` } })
  const remote = await startFileRemote()
  if (user !== undefined) giveTo(dirname(remote.bare), user)
  const place = ['--engine', engine.flag, '--repo', remote.url, '--branch', 'main']
  const agent = ['--agent', 'noop', '--provider-arg', `shell=${AGENT}`, '--mode', 'interactive']
  const start = async (): Promise<string> => {
    const ran = await b.run(['start', ...place, ...agent])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return ran.stdout.trim()
  }
  const close = async () => {
    await b.close()
    await remote.close()
  }
  return { b, start, close }
}

type Bench = Awaited<ReturnType<typeof benchOn>>

/** Kills a process of a berth. */
const kill = ({ home }: Berth, role: 'supervisor' | 'gateway'): void => {
  const found = processesOf([home]).find((one) => one.role === role)
  if (found === undefined) throw new Error(`there is no ${role} to kill`)
  process.kill(found.pid, 'SIGKILL')
}

describe.each(firstEngine())('the screen of an agent on $name', (engine) => {
  let bench: Bench
  let b: Berth
  let id = ''
  beforeAll(async () => {
    bench = await benchOn(engine)
    b = bench.b
    id = await bench.start()
  })
  afterAll(() => bench.close())

  test('it must be the same for who comes later, at another size, and after the supervisor was killed', async () => {
    const first = await terminalViewer(b, id, WIDE, { who: 'ann@laptop pts/3' })
    await first.shows('ready')
    first.type('stty size\n')
    await first.shows('30 100')
    for (const line of DRAWING) first.type(`${line}\n`)
    await first.shows('drawn')
    const drawn = first.whole()

    const second = await terminalViewer(b, id, WIDE, { readOnly: true })
    const small = await terminalViewer(b, id, SMALL, { readOnly: true })
    await second.shows('drawn')
    await expect.poll(() => small.part()).toEqual(first.part(SMALL))
    expect(second.whole()).toBe(drawn)
    expect(second.state()).toMatchObject({ writer: { who: 'ann@laptop pts/3' }, ...WIDE })

    kill(b, 'supervisor')
    // Starts another one.
    await b.status(id)
    const third = await terminalViewer(b, id, WIDE)
    await third.shows('drawn')
    expect(third.whole()).toBe(drawn)
    third.type('printf "\\033[?1049l"\n')
    await third.shows('curly')
    expect(third.part().rows.slice(0, 3)).toEqual([
      '\x1b[0;1;33;44m a bar \x1b[0m',
      '',
      '\x1b[0;4:3mcurly\x1b[0m 漢字 🙂',
    ])
    third.leave()
  })

  test('the terminal must have the size of who writes, and answer the agent once', async () => {
    const viewer = await terminalViewer(b, id, SMALL)
    const reader = await terminalViewer(b, id, WIDE, { readOnly: true })
    viewer.type('reset -I 2>/dev/null; printf "\\033c"; stty -echo; stty size\n')
    await viewer.shows('15 60')
    viewer.resize({ columns: 70, rows: 16 })
    viewer.type('sleep 0.5; stty size\n')
    await reader.shows('16 70')
    viewer.type(
      'printf "\\033[9;4H\\033[6n"; IFS= read -rs -t 5 -d R answer; read -rs -t 1 -N 1 more; printf "%q|%q\\n" "$answer" "$more"\n',
    )
    await reader.shows("$'\\E[9;4'|''")
    for (const one of [viewer, reader]) one.leave()
  })

  test('the last of the screen and the exit code must come to all viewers', async () => {
    const viewer = await terminalViewer(b, id, WIDE)
    const reader = await terminalViewer(b, id, SMALL, { readOnly: true })
    await reader.shows('|')
    viewer.type('echo bye; exit 7\n')
    expect(await Promise.all([viewer.over, reader.over])).toEqual(['7', '7'])
    expect(viewer.text()).toContain('bye')
    expect(reader.text()).toContain('bye')
    expect((await b.run(['wait', id])).code).not.toBe(0)
    expect(await b.status(id)).not.toHaveProperty('terminal')
    const types = (await b.events(id)).map(({ type }) => type).filter((type) => type.startsWith('terminal.'))
    expect(new Set(types)).toEqual(
      new Set(['opened', 'resized', 'attached', 'detached', 'writer'].map((name) => `terminal.${name}`)),
    )
  })
})

const KEY = 'sk-canary-51c7e0a9d3'
const ANSWER = 'ANSWERED with `code` 漢字\n\n- a list\n- of things'

/** CLIs whose screens come to rest: others take notices away in their own time. */
const RESTING = TEST_AGENTS.filter(({ id }) => id === 'codex' || id === 'gemini')

describe.each(anyEngine())('the screen of an agent CLI on $name', ({ flag }) => {
  test.each(firstCase(RESTING))(
    '$id: who comes later must see the same cells, also after the supervisor was killed',
    async ({ id: agent, key, model, basePath, ready }) => {
      const b = berth({ env: { [key]: KEY } })
      const title = { contains: 'concise, single-line task title', text: '{"title":"words"}' }
      const steps = [title, { contains: 'the first prompt', text: ANSWER }]
      const server = await startModelServer({ scenario: { key: KEY, steps } })
      const remote = await startFileRemote()
      onTestFinished(async () => {
        await b.close()
        await server.close()
        await remote.close()
      })
      const place = ['--engine', flag, '--repo', remote.url, '--branch', 'main']
      const chosen = ['--agent', agent, '--model', model, '--base-url', `${server.url}${basePath}`]
      const ran = await b.run(['start', ...place, ...chosen, '--mode', 'interactive', 'the first prompt'])
      expect(ran, ran.stderr).toMatchObject({ code: 0 })
      const id = ran.stdout.trim()
      const first = await terminalViewer(b, id, WIDE)
      await first.shows('ANSWERED')
      await first.shows(ready)
      const second = await terminalViewer(b, id, WIDE, { readOnly: true })
      await second.shows('ANSWERED')
      const small = await terminalViewer(b, id, SMALL, { readOnly: true })
      await Promise.all([first, second, small].map((viewer) => viewer.rests()))
      expect([second.whole(), small.part()]).toEqual([first.whole(), first.part(SMALL)])
      kill(b, 'supervisor')
      await b.status(id)
      const third = await terminalViewer(b, id, WIDE, { readOnly: true })
      await third.shows('ANSWERED')
      await third.rests()
      expect(third.whole()).toBe(first.whole())
    },
  )
})

describe.each(anyEngine())('viewers on $name', (engine) => {
  let bench: Bench
  beforeAll(async () => {
    bench = await benchOn(engine)
  })
  afterAll(() => bench.close())

  test('keys must come to the agent after the gateway was killed', async () => {
    const { b, start } = bench
    const id = await start()
    const viewer = await terminalViewer(b, id, WIDE)
    await viewer.shows('ready')
    kill(b, 'gateway')
    // What is under way to a gateway that dies is lost with it.
    const typeAgain = () => {
      viewer.type('echo still here\n')
      return viewer.text()
    }
    await expect.poll(typeAgain, { interval: 500 }).toContain('still here')
    expect(viewer.state()).toMatchObject({ input: 'open', lost: 0 })
    viewer.type('exit 0\n')
    expect(await viewer.over).toBe('0')
  })

  test('a second writer, a size that is none, and a task without a terminal must be refused', async () => {
    const { b, start } = bench
    const id = await start()
    const viewer = await terminalViewer(b, id, WIDE, { who: 'ann@laptop pts/3' })
    await viewer.shows('ready')
    const refused = async (size: TerminalSize) =>
      JSON.parse((await (await terminalViewer(b, id, size)).over) ?? '') as unknown
    expect(await refused(WIDE)).toMatchObject({
      code: 'terminal-in-use',
      detail: expect.stringContaining(`ann@laptop pts/3 writes to the terminal of ${id} since `),
    })
    expect(await refused({ columns: 0, rows: 24 })).toMatchObject({ code: 'no-terminal' })
    const other = await terminalViewer(b, id, WIDE, { take: true, who: 'bob' })
    await expect.poll(() => viewer.state()?.writer?.who).toBe('bob')
    other.type('exit 0\n')
    expect(await viewer.over).toBe('0')
    expect((await b.run(['wait', id])).code).toBe(0)
    await expect(terminalViewer(b, id, WIDE)).rejects.toThrow(`${id} is done: its terminal is closed`)
  })

  test('a viewer that never reads must hold nobody up while much flows, and sees the end when it reads', async () => {
    const { b, start } = bench
    const id = await start()
    const slow = await terminalViewer(b, id, WIDE, { readOnly: true })
    const fast = await terminalViewer(b, id, WIDE)
    await Promise.all([slow.shows('ready'), fast.shows('ready')])
    const resume = slow.pause()
    fast.type(`head -c ${FLOOD_BYTES} /dev/zero | tr "\\0" x | fold -w 99; echo; echo flood over; exit 0\n`)
    expect(await fast.over).toBe('0')
    expect(fast.text()).toContain('flood over')
    expect((await b.run(['wait', id])).code).toBe(0)
    resume()
    expect(await slow.over).toBe('0')
    expect(slow.part().rows).toEqual(fast.part().rows)
  })
})
