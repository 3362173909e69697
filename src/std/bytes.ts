import { type Parsed, parsed, unparsed } from './parsed.ts'

const POWERS = ['', 'k', 'm', 'g', 't', 'p'] as const

/** Reads a size as Docker does: `100`, `512m`, `2g`, `1.5GiB`, `64kb`; all units are powers of 1024. */
export const parseBytes = (text: string): Parsed<number> => {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?(?:i?b)?)$/i.exec(text.trim())
  const power = POWERS.indexOf((match?.[2] ?? '').toLowerCase() as (typeof POWERS)[number])
  if (match === null || power < 0) {
    return unparsed(`"${text.slice(0, 64)}" is not a size: write it like 512m, 2g or 1.5GiB (units: b, k, m, g, t)`)
  }
  const bytes = Math.floor(Number(match[1]) * 1024 ** power)
  return Number.isSafeInteger(bytes) ? parsed(bytes) : unparsed(`the size "${text}" is too large`)
}

/** Bytes for people, e.g. `512 MiB`, `1.5 GiB`: at most one decimal. */
export const formatBytes = (bytes: number): string => {
  let value = Math.max(0, bytes)
  let unit = 0
  // From 1023.95 on, one decimal would print "1024 MiB".
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < POWERS.length - 1) {
    value /= 1024
    unit += 1
  }
  const shown = unit === 0 ? String(value) : String(Math.round(value * 10) / 10)
  return `${shown} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][unit]}`
}
