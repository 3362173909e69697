import { type Parsed, parsed, unparsed } from './parsed.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const EXPECTED = 'write it like 30s, 1h30m or 2d (units: d, h, m, s, ms)'

/** Reads `30s`, `1h30m`, `1.5h`, `500ms` into whole milliseconds. Units go from large to small, each at most once. */
export const parseDuration = (text: string): Parsed<number> => {
  const trimmed = text.trim()
  if (/^[0-9.]+$/.test(trimmed)) return unparsed(`the duration "${text}" needs a unit: ${EXPECTED}`)
  if (trimmed.length > 64 || !/^(?:\d+(?:\.\d+)?(?:ms|[dhms]))+$/.test(trimmed)) {
    return unparsed(`"${text.slice(0, 64)}" is not a duration: ${EXPECTED}`)
  }
  let total = 0
  let last = -1
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)) {
    const index = UNITS.findIndex(([name]) => name === unit)
    if (index <= last)
      return unparsed(`"${text}" is not a duration, its units must go from large to small: ${EXPECTED}`)
    last = index
    total += Number(amount) * (UNITS[index]?.[1] ?? 0)
  }
  const ms = Math.round(total)
  return Number.isSafeInteger(ms) ? parsed(ms) : unparsed(`the duration "${text}" is too large`)
}

/** Milliseconds as `1h30m`: at most `parts` units (the rest is dropped), so two for people and all five to be exact. */
export const formatDuration = (ms: number, parts: number = UNITS.length): string => {
  let rest = Math.max(0, Math.round(ms))
  const out: string[] = []
  let first = -1
  for (const [index, [name, size]] of UNITS.entries()) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && first < 0) first = index
    if (first >= 0 && index >= first + parts) break
    if (count > 0) out.push(`${count}${name}`)
  }
  return out.length === 0 ? '0s' : out.join('')
}
