import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Terminal } from '@xterm/headless'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CastEvent, castEvent } from '../../src/domain/asciicast.ts'
import type { Recording } from '../../src/domain/recording.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines, TEST_ALL } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { needProgram } from '../fixtures/need-program.ts'
import { terminal } from '../fixtures/terminal.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')
const LIMIT_MS = 120_000
/** Cuts a letter in two, colours, moves, and tries what a terminal should not do. */
const SHELL = String.raw`printf 'caf\303'; sleep 0.3; printf '\251 \033[31mred\033[0m\n'
printf '\033]52;c;aGVsbG8=\007\033]0;their title\007'; printf '\033[?1049h\033[2J\033[HALTERNATE'; sleep 0.3; printf '\033[?1049l'
echo OVER`

const eventsOf = (text: string): readonly CastEvent[] =>
  text
    .split('\n')
    .map((line) => castEvent(line))
    .filter((event) => event !== undefined)
const output = (text: string) =>
  eventsOf(text)
    .map((event) => (event.kind === 'o' ? event.text : ''))
    .join('')

/** What a terminal shows after each event of a recording. */
const screensOf = async (text: string): Promise<readonly string[]> => {
  const screen = new Terminal({ cols: 80, rows: 24, allowProposedApi: true })
  const screens: string[] = []
  for (const { kind, text: shown } of eventsOf(text)) {
    if (kind !== 'o') continue
    await new Promise<void>((resolve) => screen.write(shown, resolve))
    const { active } = screen.buffer
    const rows = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '')
    screens.push(rows.join('\n'))
  }
  return screens
}

describe.each(rootfulEngines().slice(0, 1))('recordings on $name', ({ flag }) => {
  let b: Berth
  let id = ''
  let cast = ''
  const start = async (shell: string, ...more: readonly string[]): Promise<string> => {
    const agent = ['--agent', 'noop', '--provider-arg', `shell=${shell}`, '--mode', 'interactive', '--no-repo']
    return (await b.run(['start', '--engine', flag, ...agent, ...more, 'work'])).stdout.trim()
  }
  const whenClean = (task: string) => b.until(task, ({ type }) => type === 'container.removed')
  const listed = async (task: string): Promise<readonly Recording[]> =>
    (await b.run(['log', '--recordings', '--json', task])).stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Recording)
  /** A program on a terminal of its own; its stdout is a file. */
  const printedBy = async (...argv: readonly string[]): Promise<Buffer> => {
    const file = join(b.folder, 'printed')
    const ran = terminal(['sh', '-c', 'file=$1; shift; exec "$@" > "$file"', 'sh', file, ...argv], { env: b.env })
    expect(await ran.over).toBe(0)
    return readFileSync(file)
  }
  const play = (words: readonly string[], options: { readonly columns?: number } = {}) =>
    terminal([BERTH, 'replay', ...words], { env: b.env, cwd: b.folder, limitMs: LIMIT_MS, ...options })

  beforeAll(async () => {
    needProgram('asciinema')
    b = berth()
    id = await start(SHELL)
    expect((await b.run(['wait', id])).code).toBe(0)
    await whenClean(id)
    cast = join(b.home, 'tasks', id, 'out', '1.cast')
  })
  afterAll(() => b.close())

  test('an interactive turn is recorded, listed and played: asciinema and Berth print what the agent printed', async () => {
    const [recording, ...others] = await listed(id)
    expect(others).toEqual([])
    expect(recording).toMatchObject({ turn: 1, columns: 80, rows: 24, bytes: statSync(cast).size })
    expect(Date.parse(recording?.startedAt ?? '')).toBeGreaterThan(Date.parse((await b.status(id)).createdAt) - 1000)
    const raw = Buffer.from((await b.run(['log', '--raw', id])).stdout)
    expect(raw.toString()).toContain('café \u001b[31mred')
    expect(await printedBy('asciinema', 'cat', cast)).toEqual(raw)
    expect(await printedBy(BERTH, 'replay', id)).toEqual(raw)
    expect((await b.run(['replay', id, '--cast'])).stdout).toBe(readFileSync(cast, 'utf8'))
    const times = eventsOf(readFileSync(cast, 'utf8')).map(({ seconds }) => seconds)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    expect(recording?.seconds).toBe(times.at(-1))
  })

  test('asciinema plays it to its end', async () => {
    const played = terminal(['asciinema', 'play', '-s', '100', cast], { env: b.env })
    expect(await played.over).toBe(0)
    expect(played.seen()).toContain('ALTERNATE')
    expect(played.seen()).toContain('OVER')
  })

  test('on a terminal the agent draws as it drew, does nothing else, and leaves the terminal as it was', async () => {
    const played = play([id, '--speed', '100'], { columns: 60 })
    expect(await played.over).toBe(0)
    const seen = played.seen()
    expect(seen).toContain('berth: recorded on 80x24; this terminal has 60x24')
    expect(seen).toContain('café \u001b[31mred')
    expect(seen).toContain('ALTERNATE')
    expect(seen).not.toMatch(/their title|aGVsbG8=/)
    expect(seen.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(seen.lastIndexOf('\u001b[?1049h'))
  })

  test('space pauses, each dot shows an event, and q leaves the screen that the agent was on', async () => {
    const events = eventsOf(readFileSync(cast, 'utf8'))
    const indexOf = (text: string) => events.findIndex((event) => event.text.includes(text))
    // So slow that the next output does not come before the keys.
    const played = play([id, '--speed', '0.02'])
    await played.shows('caf')
    played.type(` ${'.'.repeat(indexOf('ALTERNATE') - indexOf('caf'))}`)
    await played.shows('ALTERNATE')
    played.type('q')
    expect(await played.over).toBe(0)
    const seen = played.seen()
    expect(seen).not.toContain('OVER')
    expect(seen.lastIndexOf('\u001b[?1049l')).toBeGreaterThan(seen.lastIndexOf('\u001b[?1049h'))
  })

  test('a turn that runs is replayed as far as it is, also by a supervisor after the one that was killed', async () => {
    const running = await start('echo FIRST; while ! test -e /work/go; do sleep 0.1; done; echo SECOND')
    await expect.poll(async () => output((await b.run(['replay', running, '--cast'])).stdout)).toContain('FIRST')
    expect(await listed(running)).toMatchObject([{ turn: 1, bytes: null }])
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    expect(output((await b.run(['replay', running, '--cast'])).stdout)).toBe('FIRST\r\n')
    await b.run(['exec', running, '--', 'touch', '/work/go'])
    await b.run(['wait', running])
    await whenClean(running)
    expect(output(readFileSync(join(b.home, 'tasks', running, 'out', '1.cast'), 'utf8'))).toBe('FIRST\r\nSECOND\r\n')
  })

  test('what a person types at the terminal is not recorded, and its sizes are', async () => {
    const task = await start('stty -echo; echo READY; read -r typed; stty echo; printf %s "$typed" | wc -c; stty size')
    const person = terminal([BERTH, 'attach', task], { env: b.env, cwd: b.folder, columns: 100, rows: 30 })
    await person.shows('READY')
    person.type('hidden-words\n')
    await person.over
    expect(person.seen()).toContain('30 100')
    await whenClean(task)
    const text = readFileSync(join(b.home, 'tasks', task, 'out', '1.cast'), 'utf8')
    expect(output(text)).toBe('READY\r\n12\r\n30 100\r\n')
    expect(text).not.toContain('hidden-words')
    expect(eventsOf(text).filter(({ kind }) => kind === 'r')).toMatchObject([{ text: '100x30' }])
  })

  test('a further turn has a recording of its own, and --turn plays either; archive keeps both, rm removes them', async () => {
    const task = await start('echo ONE')
    await b.run(['wait', task])
    await b.run(['send', task, 'again'])
    await b.run(['wait', task])
    await expect
      .poll(async () => (await listed(task)).map(({ turn, bytes }) => [turn, bytes !== null]))
      .toEqual([
        [1, true],
        [2, true],
      ])
    await b.run(['archive', task])
    expect((await b.run(['replay', task, '--turn', '1'])).stdout).toBe('ONE\r\n')
    expect((await b.run(['log', '--recordings', task])).stdout).toMatch(/^TURN +STARTED .*\n +1 .*\n +2 .* 80x24\n$/)
    await b.run(['rm', task])
    expect(existsSync(join(b.home, 'tasks', task))).toBe(false)
  })

  test.runIf(TEST_ALL)('output past its limit is not recorded, and the recording says so', async () => {
    const task = await start('yes 0123456789 | head -c 400000', '--output-limit', '100k')
    await b.run(['wait', task])
    await whenClean(task)
    const file = join(b.home, 'tasks', task, 'out', '1.cast')
    expect(statSync(file).size).toBeLessThan(110_000)
    const events = eventsOf(readFileSync(file, 'utf8'))
    expect(events.at(-1)).toMatchObject({ kind: 'm', text: expect.stringContaining('output limit') })
    expect((await b.run(['replay', task])).stderr).toContain('output is missing from here')
    expect((await printedBy('asciinema', 'cat', file)).toString()).toBe(output(readFileSync(file, 'utf8')))
  })

  test('a secret of the task is masked', async () => {
    const secret = 'planted-secret-of-the-task'
    const task = await start('echo "it is $MY_TOKEN"', '--env', `MY_TOKEN=${secret}`)
    await b.run(['wait', task])
    await whenClean(task)
    const text = readFileSync(join(b.home, 'tasks', task, 'out', '1.cast'), 'utf8')
    expect(text).not.toContain(secret)
    expect(output(text)).toBe('it is ***\r\n')
  })

  test('what has no recording, and bad options, are told in one sentence each', async () => {
    const exec = (await b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', 'work'])).stdout.trim()
    await b.run(['wait', exec])
    const cases: readonly (readonly [args: readonly string[], words: string])[] = [
      [[exec], `${exec} has no recording`],
      [[exec, '--turn', '1'], `${exec} has no recording of turn 1`],
      [[id, '--turn', '7'], `${id} has no recording of turn 7`],
      [[id, '--turn', 'x'], '--turn x: not the number of a turn'],
      [[id, '--speed', '0'], '--speed 0: not a number above 0'],
      [[id, '--speed', 'fast'], '--speed fast: not a number above 0'],
      [[id, '--idle', '-1'], '--idle -1: not a number of seconds'],
      [['t-none'], 't-none: there is no such task'],
    ]
    for (const [args, words] of cases) {
      const ran = await b.run(['replay', ...args])
      expect([args, ran.code, ran.stdout]).toEqual([args, 2, ''])
      expect(ran.stderr).toContain(`berth: ${words}`)
    }
    expect((await b.run(['replay', exec])).stderr).toContain('berth log --recordings ID')
    expect((await b.run(['log', '--recordings', exec])).stdout).toBe('')
  })

  test.runIf(TEST_ALL)("an agent's own screen comes out of its recording", async () => {
    await using model: ModelServer = await startModelServer({ scenario: { after: { text: 'ANSWER on the screen' } } })
    const asked = ['--agent', 'claude', '--mode', 'interactive', '--no-repo', '--base-url', model.url]
    const env = { ANTHROPIC_API_KEY: 'sk-real-key-of-the-test' }
    const task = (await b.run(['start', '--engine', flag, ...asked, 'Say it.'], { env })).stdout.trim()
    const recorded = async () => (await b.run(['replay', task, '--cast'])).stdout
    await expect.poll(recorded, { timeout: 60_000 }).toContain('ANSWER')
    await b.run(['stop', task])
    await whenClean(task)
    const screens = await screensOf(readFileSync(join(b.home, 'tasks', task, 'out', '1.cast'), 'utf8'))
    expect(screens.some((screen) => screen.includes('ANSWER on the screen'))).toBe(true)
    // It ends as it does at a user's own terminal.
    expect(screens.at(-1)).toContain('Resume this session with:')
  })
})
