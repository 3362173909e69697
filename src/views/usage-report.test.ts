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

test('where no model was asked for it is the one that ran, in the turn or else in the task, and has its price', () => {
  const models = (...told: readonly (readonly [string, number])[]) =>
    told.map(([model, output]) => ({ model, usage: usage(1, 0, output) }))
  const ran = [
    { usage: usage(1_000_000, 0, 0), models: models(['small', 5], ['big', 9]) },
    { usage: usage(1000, 0, 0), models: models(['small', 5]) },
    { usage: usage(10, 0, 0) },
  ]
  const of = (asked: string | null) => [
    { ...task('t-1', 'codex', asked, ran), models: models(['small', 10], ['big', 11]) },
  ]
  const rows = (asked: string | null) =>
    usageReport(of(asked), { by: ['model'], prices }).map(({ by, turns, cost }) => [by['model'], turns, cost])
  expect(rows(null)).toEqual([
    ['big', 2, 2.00002],
    ['small', 1, null],
  ])
  expect(rows('mine')).toEqual([['mine', 3, null]])
})

const GATEWAY = { usage: usage(100, 0, 10), endedAt: '2026-01-02T11:00:00.000Z' }
const counted = [
  task('t-1', 'codex', null, [
    { ...GATEWAY, gatewayUsage: usage(100, 0, 10) },
    { ...GATEWAY, gatewayUsage: usage(1300, 0, 20) },
    // Counted before there was a gateway's count, and one that runs still.
    GATEWAY,
    { ...GATEWAY, gatewayUsage: usage(900, 0, 9), endedAt: null },
  ]),
  task('t-2', 'gemini', null, [{ ...GATEWAY, gatewayUsage: usage(40, 0, 10) }]),
  task('t-3', 'mine', null, [
    { ...GATEWAY, usage: null, gatewayUsage: usage(7, 0, 1) },
    { usage: null, gatewayUsage: usage(9, 0, 1), endedAt: null },
  ]),
  task('t-4', 'opencode', null, [{ ...GATEWAY, gatewayUsage: usage(100, 0, 10) }]),
]

test("the gateway's count beside the agents', and a column where they differ", () => {
  const rows = usageReport(counted, { by: ['provider'], prices })
  expect(rows.map(({ turns, gatewayUsage, gap }) => [turns, gatewayUsage?.inputTokens, gap])).toEqual([
    [4, 2300, 1210],
    [1, 40, -60],
    [1, 7, 8],
    [1, 100, 0],
  ])
  expect(usageTable(rows, { by: ['provider'], style: plain, width: undefined })).toEqual([
    'PROVIDER  TURNS  INPUT  CACHED  OUTPUT  REASONING  COST  GATEWAY',
    'codex         4    400       0      40          0         +1,210',
    'gemini        1    100       0      10          0            -60',
    'mine          1      0       0       0          0             +8',
    'opencode      1    100       0      10          0',
  ])
  expect(usageReport(RECORDS, { by: [], prices })).toMatchObject([{ gatewayUsage: null, gap: 0 }])
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
