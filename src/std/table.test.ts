import { styleText } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutToWidth, displayWidth } from './display-width.ts'
import { table } from './table.ts'

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['👍🏽', 2],
    ['👩‍👩‍👧', 2],
    ['❤️', 2],
    ['\u001b[31mred\u001b[39m', 3],
    ['a\u200bb', 2],
    ['', 0],
  ])('%j takes %d', (text, width) => expect(displayWidth(text)).toBe(width))
})

describe('cutToWidth', () => {
  it('never exceeds the columns', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 20 }), (text, columns) => {
        expect(displayWidth(cutToWidth(text, columns))).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

describe('table', () => {
  const columns = [{ title: 'ID' }, { title: 'TITLE', flexible: true }, { title: 'AGE', align: 'right' as const }]
  const rows = [
    ['t-1', '日本語のタイトル', '2m'],
    ['t-22', 'short', '10h'],
  ]

  it('puts columns under each other by display width', () => {
    expect(table(columns, rows)).toEqual([
      'ID    TITLE             AGE',
      't-1   日本語のタイトル   2m',
      't-22  short             10h',
    ])
  })

  it('cuts the flexible column to the width of the terminal', () => {
    expect(table(columns, rows, { width: 21 })).toEqual([
      'ID    TITLE       AGE',
      't-1   日本語の…    2m',
      't-22  short       10h',
    ])
  })

  it('pads before it styles', () => {
    const styled = table(
      [{ title: 'A', style: (c) => styleText('red', c, { validateStream: false }) }, { title: 'B' }],
      [['x', 'y']],
    )
    expect(styled).toEqual(['A  B', '\u001b[31mx\u001b[39m  y'])
  })

  it('has its titles alone where there are no rows', () => {
    expect(table(columns, [])).toEqual(['ID  TITLE  AGE'])
  })
})
