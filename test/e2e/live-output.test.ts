import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { displayWidth } from '../../src/std/display-width.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { terminal } from '../fixtures/terminal.ts'
import { testBench } from '../fixtures/test-bench.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')
const LIMIT_MS = 120_000
const REDRAW = '\r\u001b[J'

/** What stands on a terminal that was written to like this, the row with the cursor last. */
const rowsOf = (screen: string) => {
  let rows = ['']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told
  for (const piece of screen.replaceAll('\r\n', '\n').split(/(\r\u001b\[J|\r|\n)/)) {
    if (piece === REDRAW) rows[rows.length - 1] = ''
    else if (piece === '\n') rows = [...rows, '']
    else if (piece !== '\r' && piece !== '') rows[rows.length - 1] = piece
  }
  return rows
}

/** Every line that was drawn to live: it ends at its own beginning. */
const drawn = (screen: string) =>
  screen
    .replaceAll('\r\n', '\n')
    .replaceAll(REDRAW, '\n')
    .split('\n')
    .filter((piece) => piece.endsWith('\r') && piece.length > 1)
    .map((piece) => piece.slice(0, -1))

describe.each(rootfulEngines().slice(0, 1))('what run shows on a terminal, on $name', ({ flag }) => {
  const t = testBench('test')
  const unasked = (...args: string[]) => [
    ...['run', '--engine', flag, '--base-url', t.model.url, '--repo', t.remote.url, '--branch', 'main'],
    ...[...args, 'write a file'],
  ]
  const task = (...args: string[]) => unasked('-m', 'model-7', ...args)
  const onTerminal = (args: readonly string[], options: { columns: number; env?: Record<string, string> }) =>
    terminal([BERTH, ...args], {
      env: { ...t.b.env, NO_COLOR: '1', ...options.env },
      cwd: t.b.folder,
      columns: options.columns,
      limitMs: LIMIT_MS,
    })
  beforeEach(() => {
    const wait = 'until test -e /work/go; do sleep 0.1; done; echo 日本語日本語日本語 > made.txt'
    t.model.load({ steps: [{ text: 'I write it.', shell: wait }], after: { text: 'Written: all done.' } })
  })
  const letGo = async () => {
    const { tasks } = await t.b.json<{ tasks: TaskRecord[] }>(['ls'])
    await t.b.run(['exec', tasks[0]?.id ?? '', '--', 'touch', '/work/go'])
  }

  test('a line lives below the transcript, as wide as the terminal is; at the end the summary stands there', async () => {
    const screen = onTerminal(task(), { columns: 60 })
    await screen.shows('$ until')
    expect(screen.seen()).toContain('codex with model-7 on')
    const wide = screen.seen().length
    screen.resize(20, 24)
    while (drawn(screen.seen().slice(wide)).length < 2) await screen.more()
    const narrow = screen.seen().slice(wide)
    for (const line of drawn(narrow).slice(-1)) expect(displayWidth(line)).toBeLessThan(20)
    for (const line of drawn(screen.seen())) expect(displayWidth(line)).toBeLessThan(60)
    await letGo()
    expect(await screen.over).toBe(0)
    const rows = rowsOf(screen.seen())
    expect(rows.at(-1)).toBe('')
    expect(rows.join('\n')).toMatch(/\n {2}2 files changed, \+1 -0\n {2}pushed [0-9a-f]{7} to berth\/t-[^\n]+\n/)
    expect(rows.join('\n')).toMatch(/\n {2}berth send -f t-\w+ "\.\.\." +# a further prompt\n$/)
    expect(rows.join('\n')).toMatch(/ {2}took \d+/)
  })

  test('without -m the line and the summary name the model that answered', async () => {
    const screen = onTerminal(unasked(), { columns: 100 })
    await screen.shows('$ until')
    await screen.shows('10 out  gpt-')
    await letGo()
    expect(await screen.over).toBe(0)
    const { tasks } = await t.b.json<{ tasks: TaskRecord[] }>(['ls', '-a'])
    const model = tasks[0]?.models?.[0]?.model ?? ''
    expect(tasks[0]?.provider.model).toBeNull()
    expect(drawn(screen.seen()).at(-1)).toContain(` out  ${model}`)
    expect(rowsOf(screen.seen()).join('\n')).toContain(` tokens in, 20 out, ${model}\n`)
    expect((await t.b.run(['status', tasks[0]?.id ?? ''])).stdout).toMatch(
      new RegExp(`^agent {6}codex [\\d.]+, ${model}$`, 'm'),
    )
  })

  test('Ctrl-C says what it does, and leaves no half of a line', async () => {
    const screen = onTerminal(task(), { columns: 60 })
    await screen.shows('$ until')
    screen.type('\u0003')
    await screen.shows('stopping the task (press Ctrl-C again to detach)')
    expect(await screen.over).toBe(3)
    const rows = rowsOf(screen.seen())
    expect(rows.at(-1)).toBe('')
    expect(rows.join('\n')).toMatch(/berth resume t-\w+ +# try the turn again\n/)
  })

  test('a terminal that knows no such codes, a pipe, and --quiet get none', async () => {
    const dumb = onTerminal(task(), { columns: 60, env: { TERM: 'dumb' } })
    await dumb.shows('$ until')
    await letGo()
    expect(await dumb.over).toBe(0)
    expect(dumb.seen()).not.toContain('\u001b')

    t.model.load({ steps: [], after: { text: 'The answer\nin two lines.' } })
    expect(await t.b.run(task('--quiet'))).toEqual({ code: 0, stdout: 'The answer\nin two lines.\n', stderr: '' })
    const pipe = await t.b.run(task())
    expect(pipe.stdout + pipe.stderr).not.toContain('\u001b')
    expect(pipe.stdout).toContain('[task t-')
  })
})
