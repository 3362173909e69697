import { type Column, table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Style } from './style.ts'
import type { UsageRow } from './usage-report.ts'
import { thousands } from './words.ts'

const BAR = 24
const NARROWEST_BAR = 8
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

const totalOf = ({ usage }: UsageRow) => usage.inputTokens + usage.outputTokens

/** A bar of at most `width` columns, in eighths of one; what is not nothing shows. */
const bar = (share: number, width: number): string => {
  const eighths = share === 0 ? 0 : Math.max(1, Math.round(share * width * 8))
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
}

const money = ({ cost, unpricedTokens }: UsageRow): string =>
  cost === null ? '' : `$${cost.toFixed(cost < 1 ? 4 : 2)}${unpricedTokens > 0 ? '+' : ''}`

const signed = (count: number) => `${count < 0 ? '-' : '+'}${thousands(Math.abs(count))}`

/** Lines of `berth usage`: a table, and on a terminal with room for it a bar for the tokens of each row. */
export const usageTable = (
  rows: readonly UsageRow[],
  options: { readonly by: readonly string[]; readonly style: Style; readonly width: number | undefined },
): readonly string[] => {
  const { by, style, width } = options
  const hasGap = rows.some(({ gap }) => gap !== 0)
  const titles = ['TURNS', 'INPUT', 'CACHED', 'OUTPUT', 'REASONING', 'COST', ...(hasGap ? ['GATEWAY'] : [])]
  const numbers = titles.map((title): Column => ({ title, align: 'right' }))
  const columns: readonly Column[] = [...by.map((key) => ({ title: key.toUpperCase(), flexible: true })), ...numbers]
  const cells = rows.map((row) => [
    ...by.map((key) => terminalLine(row.by[key] ?? '') || '-'),
    ...[row.turns, row.usage.inputTokens, row.usage.cachedTokens, row.usage.outputTokens].map(thousands),
    thousands(row.usage.reasoningTokens),
    money(row),
    ...(hasGap ? [row.gap === 0 ? '' : signed(row.gap)] : []),
  ])
  const plain = table(columns, cells, width === undefined ? {} : { width })
  const used = Math.max(...plain.map((line) => line.length))
  const room = width === undefined ? 0 : Math.min(BAR, width - used - 2)
  const most = Math.max(1, ...rows.map(totalOf))
  if (room < NARROWEST_BAR) return plain
  return plain.map((line, i) => {
    const row = rows[i - 1]
    return row === undefined ? line : `${line.padEnd(used)}  ${style('cyan', bar(totalOf(row) / most, room))}`.trimEnd()
  })
}
