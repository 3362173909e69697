import type { AuditEntry } from '../domain/network/audit-entry.ts'
import { formatBytes } from '../std/bytes.ts'
import { displayWidth } from '../std/display-width.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Style } from './style.ts'

/** Entries come one by one, so the columns are as wide as what they usually hold. */
const WIDTHS = { time: 24, verdict: 7, method: 7, status: 6, in: 9, out: 9, ms: 7, rule: 24 } as const

type Column = keyof typeof WIDTHS
const RIGHT: ReadonlySet<Column> = new Set(['in', 'out', 'ms'])

const padded = (column: Column, text: string): string => {
  const room = ' '.repeat(Math.max(0, WIDTHS[column] - displayWidth(text)))
  return RIGHT.has(column) ? room + text : text + room
}

const row = (cells: Readonly<Record<Column, string>>, last: string): string =>
  [...Object.entries(cells).map(([column, text]) => padded(column as Column, text)), last].join('  ').trimEnd()

export const auditHeader = row(
  {
    time: 'TIME',
    verdict: 'VERDICT',
    method: 'METHOD',
    status: 'STATUS',
    in: 'IN',
    out: 'OUT',
    ms: 'MS',
    rule: 'RULE',
  },
  'HOST AND PATH',
)

const wordsOf = (value: number | string | null): string => (value === null ? '-' : terminalLine(String(value)))
const sizeOf = (bytes: number | null): string => (bytes === null ? '-' : formatBytes(bytes))

const targetOf = ({ host, port, path, reason }: AuditEntry): string => {
  const place = host === null ? '-' : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return terminalLine(
    `${place}${path === null ? '' : `${host === null ? ' ' : ''}${path}`}${reason === undefined ? '' : `: ${reason}`}`,
  )
}

/** One entry of a task's audit, for a person. */
export const auditLine = (entry: AuditEntry, style: Style): string => {
  const { at, verdict, method, status, bytesIn, bytesOut, ms, rule } = entry
  const line = row(
    {
      time: terminalLine(at),
      verdict: terminalLine(verdict),
      method: wordsOf(method),
      status: wordsOf(status),
      in: sizeOf(bytesIn),
      out: sizeOf(bytesOut),
      ms: wordsOf(ms),
      rule: wordsOf(rule),
    },
    targetOf(entry),
  )
  return verdict === 'denied' ? style('yellow', line) : line
}
