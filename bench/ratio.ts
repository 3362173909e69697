import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RESULTS = join(import.meta.dirname, 'results', 'latest.json')

export type Figure = { readonly id: string; readonly value: number; readonly bar: number | null; readonly ok: boolean }

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/**
 * Milliseconds that each of the ways takes, in turn, `rounds` times after one round to warm up: the medians. A way that
 * gives a number has measured by itself. `ready` is waited for before each of them, and not measured.
 */
export const alternate = async (
  ways: Readonly<Record<string, () => Promise<unknown>>>,
  rounds: number,
  ready: () => Promise<void> = async () => {},
): Promise<Record<string, number>> => {
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      await ready()
      const from = performance.now()
      const own = await way()
      if (round >= 0) times[name]?.push(typeof own === 'number' ? own : performance.now() - from)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]))
}

/** Milliseconds that some work takes. What was written before is on the disk first, so that it does not pay for it. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  execFileSync('sync')
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** `name 12 ms, other 34 ms` */
export const printMedians = (title: string, medians: Readonly<Record<string, number>>): void => {
  const words = Object.entries(medians).map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
  process.stdout.write(`${title}: ${words.join(', ')}\n`)
}

const known = (): readonly Figure[] => {
  try {
    return JSON.parse(readFileSync(RESULTS, 'utf8')) as Figure[]
  } catch {
    return []
  }
}

/**
 * Prints a figure and keeps it in results/latest.json. A bar is met at or below it, or, of what shall be large, at or above
 * it; null: only recorded.
 */
export const record = (id: string, value: number, bar: number | null, met: 'below' | 'above' = 'below'): void => {
  const ok = bar === null || (met === 'below' ? value <= bar : value >= bar)
  const figure = { id, value: Math.round(value * 1000) / 1000, bar, ok }
  mkdirSync(join(RESULTS, '..'), { recursive: true })
  writeFileSync(RESULTS, `${JSON.stringify([...known().filter((one) => one.id !== id), figure], null, 2)}\n`)
  const verdict = bar === null ? '' : figure.ok ? `  (bar ${bar}: met)` : `  (bar ${bar}: MISSED)`
  process.stdout.write(`${id.padEnd(28)} ${figure.value}${verdict}\n`)
}
