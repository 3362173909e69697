import { Terminal } from '@xterm/headless'
import { expect, test } from 'vitest'
import { belowScreen, onLastRow } from './terminal-overlay.ts'

const SIZE = { columns: 20, rows: 5 }

const shown = async (...written: readonly string[]) => {
  const terminal = new Terminal({ cols: SIZE.columns, rows: SIZE.rows, allowProposedApi: true })
  await new Promise<void>((resolve) => terminal.write(written.join(''), resolve))
  const { active } = terminal.buffer
  const rows = Array.from({ length: SIZE.rows }, (_, at) =>
    active.getLine(active.viewportY + at)?.translateToString(true),
  )
  return { rows, cursor: [active.cursorX, active.cursorY] }
}

test.each([
  ['plainly', ''],
  ['with a region that scrolls, counted from its top', '\u001b[2;3r\u001b[?6h'],
  ['with line drawing', '\u001b(0'],
])('words stand on the last row, and the program writes on where it was: %s', async (_, before) => {
  const { rows } = await shown(`${before}ab`, onLastRow('who writes', SIZE), 'cd')
  const { rows: without } = await shown(`${before}abcd`)
  expect(rows[4]).toBe(' who writes ')
  expect(rows.slice(0, 4)).toEqual(without.slice(0, 4))
})

test('words that are too long are cut, and do not scroll', async () => {
  const { rows, cursor } = await shown('top', onLastRow('日本語 is a long text in here', SIZE))
  expect(rows.slice(0, 4)).toEqual(['top', '', '', ''])
  expect(rows[4]).toBe(' 日本語 is a long  ')
  expect(cursor).toEqual([3, 0])
})

test('what follows begins below the screen', async () => {
  const { rows, cursor } = await shown('one\r\n\r\n\r\n\r\nfive\u001b[H', belowScreen(false, SIZE), 'next')
  expect(rows).toEqual(['', '', '', 'five', 'next'])
  expect(cursor).toEqual([4, 4])
})

test('of the alternate screen: below where the cursor was', async () => {
  const { rows } = await shown(
    '$ run\r\nold\u001b[H$ run',
    '\u001b[?1049hall of it\u001b[?1049l',
    belowScreen(true, SIZE),
    'next',
  )
  expect(rows).toEqual(['$ run', 'next', '', '', ''])
})
