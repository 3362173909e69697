import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Terminal } from '@xterm/headless'
import { expect, test } from 'vitest'
import { terminal } from '../../test/fixtures/terminal.ts'

const HOLDER = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'held-terminal', 'main.ts')
const SHELL = 'stty -g; "$0" "$1" "$2"; code=$?; echo; echo "code $code"; stty -g'

const held = (way: string) =>
  terminal(['sh', '-c', SHELL, process.execPath, HOLDER, way], {
    env: { PATH: process.env['PATH'] ?? '' },
    columns: 90,
    rows: 20,
  })
type Held = ReturnType<typeof held>

const pidOf = async (shown: Held): Promise<number> => {
  await shown.shows('>\u001b(B')
  return Number(/<up 90x20 (\d+)>/.exec(shown.seen())?.[1])
}

/** The terminal of a user to whom all of it was shown. */
const seenBy = async (shown: Held) => {
  const emulator = new Terminal({ cols: 90, rows: 20, allowProposedApi: true })
  await new Promise<void>((resolve) => emulator.write(shown.seen(), resolve))
  return emulator
}

/** The end finds the terminal's state as the beginning had it, and an emulator without a mode that was set. */
const isWhole = async (shown: Held) => {
  const states = shown.seen().match(/^[0-9a-f]+(?::[0-9a-f]+)+/gm)
  expect(states).toHaveLength(2)
  expect(states?.[0]).toBe(states?.[1])
  const emulator = await seenBy(shown)
  const { modes, buffer } = emulator
  expect(modes).toEqual(new Terminal({ allowProposedApi: true }).modes)
  expect(buffer.active.type).toBe('normal')
  expect(shown.seen().lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.seen().lastIndexOf('\u001b[?25l'))
}

test.each([
  ['close', 0],
  ['exit', 3],
  ['throw', 1],
  ['reject', 1],
])('the terminal is whole after %s', async (way, code) => {
  const shown = held(way)
  await pidOf(shown)
  shown.type('q')
  await shown.over
  expect(shown.seen()).toContain(`code ${code}\r\n`)
  await isWhole(shown)
})

test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const)('the terminal is whole after %s', async (signal) => {
  const shown = held('signal')
  process.kill(await pidOf(shown), signal)
  await shown.over
  expect(shown.seen()).toMatch(/code 1[2-4]\d\r\n/)
  await isWhole(shown)
})

test('every key is the program’s, each byte once, and its size follows', async () => {
  const shown = held('close')
  await pidOf(shown)
  shown.type('\u0003')
  await shown.shows('<"\\u0003">')
  shown.type('\u001a\r\u0010')
  await shown.shows('<"\\u001a\\r\\u0010">')
  shown.resize(100, 30)
  await shown.shows('<100x30>')
  shown.type('q')
  await shown.over
  await isWhole(shown)
})

test('the terminal is whole while the process is suspended by another, and held again when it goes on', async () => {
  const shown = held('close')
  const pid = await pidOf(shown)
  process.kill(pid, 'SIGTSTP')
  await shown.shows('\u001b[?1049l')
  await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /)
  process.kill(pid, 'SIGCONT')
  await shown.shows('<continued>')
  shown.type('\u0003')
  await shown.shows('<"\\u0003">')
  shown.type('q')
  await shown.over
  expect(shown.seen()).toContain('code 0\r\n')
  await isWhole(shown)
})
