import { expect, test } from 'vitest'
import { EXEC } from '../domain/exec-frame.ts'
import { readOpening } from './read-opening.ts'
import { readSize } from './read-size.ts'

const first = (value: unknown, kind: number = EXEC.open) =>
  ({ done: false, value: { kind, data: Buffer.from(JSON.stringify(value)) } }) as const
const tty = { columns: 80, rows: 24, term: 'xterm' }

test.each([
  { argv: ['sh'], tty: null },
  { argv: ['sh', '-c', ''], env: { A: '1' }, cwd: '/work', tty, endsWith: '.cli/a.json' },
])('a program is read: %o', (opening) => {
  expect(readOpening(first(opening))).toEqual(opening)
})

test.each([
  null,
  [],
  { argv: [], tty: null },
  { argv: ['sh'] },
  { argv: 'sh', tty: null },
  { argv: ['sh'], tty: { ...tty, rows: 0 } },
  { argv: ['sh'], tty: { ...tty, columns: 1001 } },
  { argv: ['sh'], tty: { columns: 80, rows: 24 } },
  { argv: ['sh'], tty: null, env: { A: 1 } },
])('what names no program is refused: %o', (opening) => {
  expect(() => readOpening(first(opening))).toThrow('the first frame names no program')
})

test('another frame, and none, open no program', () => {
  const opening = { argv: ['sh'], tty: null }
  expect(() => readOpening(first(opening, EXEC.stdin))).toThrow('opens no program')
  expect(() => readOpening({ done: true, value: undefined })).toThrow('opens no program')
})

test('a size is two sides of 1 to 1000 cells', () => {
  const size = (value: unknown) => readSize(Buffer.from(JSON.stringify(value)))
  expect(size({ columns: 1, rows: 1000, more: 1 })).toEqual({ columns: 1, rows: 1000 })
  for (const none of [null, 1, {}, { columns: 80 }, { columns: 80.5, rows: 24 }, { columns: '80', rows: 24 }])
    expect(size(none)).toBeUndefined()
  expect(readSize(Buffer.from('{'))).toBeUndefined()
})
