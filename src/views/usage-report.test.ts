import { expect, test } from 'vitest'
import type { TaskRecord } from '../domain/task.ts'
import { plain } from './style.ts'
import { usageReport } from './usage-report.ts'
import { usageTable } from './usage-table.ts'

const usage = (inputTokens: number, cachedTokens: number, outputTokens: number, costUsd?: number) => ({
  inputTokens,
  cachedTokens,
  outputTokens,
  reasoningTokens: 0,
  ...(costUsd === undefined ? {} : { costUsd }),
})
const task = (id: string, provider: string, model: string | null, turns: readonly object[], labels = {}) =>
  ({
    id,
    provider: { id: provider, model },
    labels,
    turns: turns.map((turn, i) => ({ turn: i + 1, startedAt: '2026-01-02T10:00:00.000Z', ...turn })),
  }) as unknown as TaskRecord

const RECORDS = [
  task('t-1', 'codex', 'big', [
    { usage: usage(1_000_000, 400_000, 100_000) },
    { usage: usage(1000, 0, 0), startedAt: '2026-01-03T00:00:00.000Z' },
    { usage: null },
  ]),
  task('t-2', 'claude', null, [{ usage: usage(50_000, 0, 500, 0.25) }], { team: 'blue' }),
  task('t-3', 'claude', 'unknown', [{ usage: usage(10, 0, 5) }], { team: 'blue' }),
]
const prices = new Map([['big', { input: 2, cached: 0.5, output: 10 }]])

test('by provider and day: tokens are summed, cost goes by the table, else by the own count of the CLI', () => {
  expect(usageReport(RECORDS, { by: ['provider', 'day'], prices })).toMatchObject([
    { by: { provider: 'claude', day: '2026-01-02' }, turns: 2, cost: 0.25, unpricedTokens: 15 },
    { by: { provider: 'codex', day: '2026-01-02' }, turns: 1, cost: 2.4, usage: { cachedTokens: 400_000 } },
    { by: { provider: 'codex', day: '2026-01-03' }, turns: 1, cost: 0.002, unpricedTokens: 0 },
  ])
})

test('by turn, by label, since a time, and of everything', () => {
  expect(usageReport(RECORDS, { by: ['turn'], prices }).map(({ by }) => by['turn'])).toEqual([
    't-1/1',
    't-1/2',
    't-2/1',
    't-3/1',
  ])
  expect(
    usageReport(RECORDS, { by: ['label:team'], prices }).map(({ by, turns }) => [by['label:team'], turns]),
  ).toEqual([
    ['', 2],
    ['blue', 2],
  ])
  expect(usageReport(RECORDS, { by: [], since: '2026-01-03', prices })).toMatchObject([{ turns: 1, cost: 0.002 }])
})

test('a table, with bars where the terminal has room', () => {
  const rows = usageReport(RECORDS, { by: ['provider'], prices })
  const lines = (width: number | undefined) => usageTable(rows, { by: ['provider'], style: plain, width })
  expect(lines(undefined)).toEqual([
    'PROVIDER  TURNS      INPUT   CACHED   OUTPUT  REASONING      COST',
    'claude        2     50,010        0      505          0  $0.2500+',
    'codex         2  1,001,000  400,000  100,000          0     $2.40',
  ])
  expect(lines(90)[2]).toMatch(/ {2}█{22,24}$/)
  expect(lines(90)[1]).toMatch(/ {2}█?[▏▎▍▌▋▊▉█]$/)
  expect(lines(60).every((line) => !/[█▏▎▍▌▋▊▉]/.test(line))).toBe(true)
})
