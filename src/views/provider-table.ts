import { table } from '../std/table.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Style } from './style.ts'

export type ProviderRow = {
  readonly id: string
  readonly title: string
  readonly configured: boolean
  /** Version in the toolbox; null where it is not there. */
  readonly installed: string | null
  readonly tested: string | null
  readonly key: string | null
  readonly keySet: boolean
  readonly supports: { readonly resume: boolean; readonly model: boolean; readonly usage: boolean }
}

const canWords = ({ supports }: ProviderRow): string =>
  (['resume', 'model', 'usage'] as const).filter((name) => supports[name]).join(', ') || '-'

const versionWords = ({ installed, tested, configured }: ProviderRow): string => {
  if (configured) return "the image's own"
  if (installed === null) return 'missing'
  return installed === tested || tested === null ? installed : `${installed} (tested: ${tested})`
}

/** Lines of `berth providers`. */
export const providerTable = (
  rows: readonly ProviderRow[],
  options: { readonly style: Style; readonly width: number | undefined },
): readonly string[] =>
  table(
    [
      { title: 'AGENT' },
      { title: 'CLI', flexible: true },
      { title: 'VERSION' },
      { title: 'KEY' },
      { title: 'IS', style: (cell, row) => options.style(rows[row]?.keySet ? 'green' : 'dim', cell) },
      { title: 'CAN' },
    ],
    rows.map((row) => [
      row.id,
      terminalLine(row.title),
      versionWords(row),
      row.key ?? '-',
      row.key === null ? '-' : row.keySet ? 'set' : 'not set',
      canWords(row),
    ]),
    options.width === undefined ? {} : { width: options.width },
  )
