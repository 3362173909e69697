import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { castEvent, castHeader } from '../../domain/asciicast.ts'
import type { FrameBody } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { openRaw } from './raw-log.ts'
import { type Read, recordingBytes, recordingRows, writeRecording } from './recordings.ts'

const STARTED = '2026-01-02T03:04:00.000Z'
const ENDED = '2026-01-02T03:05:00.000Z'
const FROM = Date.parse(STARTED)

const planOf = (turn: number, attempt: number, { terminal = true, outputBytes = 1e9 } = {}): Plan => {
  const screen = { columns: 80, rows: 24, term: 'xterm-256color' }
  return {
    turn,
    attempt,
    order: { run: terminal ? { terminal: screen } : {}, limits: { outputBytes } },
  } as unknown as Plan
}

const turnOf = (turn: number, attempt: number, endedAt: string | null = ENDED) => ({
  ...{ turn, attempt, startedAt: STARTED, endedAt },
})

type Frames = readonly (readonly [ms: number, body: FrameBody])[]

const SCREEN: Frames = [
  [1000, { k: 'size', columns: 100, rows: 30 }],
  [1500, { k: 'out', s: 't', d: 'hello ' }],
  [3500, { k: 'out', s: 't', d: 'there' }],
]

/** A task's folder with these frames, and its turns and plans. */
const task = (
  attempts: Readonly<Record<string, Frames>>,
  turns: readonly ReturnType<typeof turnOf>[],
  plans: readonly Plan[],
) => {
  const folder = temporaryFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  for (const [name, frames] of Object.entries(attempts)) {
    const raw = openRaw(folder.at(`raw/${name}.jsonl`))
    raw.append(frames.map(([ms, body], at) => JSON.stringify({ v: 1, n: at + 1, t: FROM + ms, ...body })))
    raw.close()
  }
  const read = {
    folder: folder.path,
    record: { id: 't-one', title: 'fix it', turns },
    redact: (text: string) => text.replaceAll('secret', '***'),
    journal: { select: () => plans.map((plan) => ({ turn: plan.turn, plan })) },
  } as unknown as Read
  return { folder, read }
}

const textOf = async (read: Read, turn: number): Promise<string | undefined> => {
  const bytes = recordingBytes(read, turn)
  if (bytes === undefined) return undefined
  let text = ''
  for await (const piece of bytes) text += piece.toString()
  return text
}

const eventsIn = (text = '') =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => castEvent(line))

test('a turn with a terminal gets a recording, which is written again as it was, with nothing beside it', async () => {
  const plan = planOf(2, 1)
  const { folder, read } = task({ '2-1': SCREEN }, [turnOf(1, 1), turnOf(2, 1)], [plan])
  await writeRecording(read, plan)
  const path = folder.at('out/2.cast')
  const first = readFileSync(path, 'utf8')
  expect(castHeader(first.split('\n')[0] ?? '')).toEqual({
    columns: 100,
    rows: 30,
    startedAt: '2026-01-02T03:04:01.000Z',
  })
  expect(eventsIn(first)).toEqual([
    { seconds: 0.5, kind: 'o', text: 'hello ' },
    { seconds: 2.5, kind: 'o', text: 'there' },
  ])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  // A supervisor that was killed in between left a half.
  writeFileSync(folder.at('out/.2.cast.7.0a1b2c3d.tmp'), first.slice(0, 40))
  await writeRecording(read, plan)
  expect(readFileSync(path, 'utf8')).toBe(first)
  expect(readdirSync(folder.at('out'))).toEqual(['2.cast'])
  expect(recordingRows(read)).toEqual([
    { turn: 2, startedAt: '2026-01-02T03:04:01.000Z', seconds: 2.5, columns: 100, rows: 30, bytes: first.length },
  ])
  expect(await textOf(read, 2)).toBe(first)
})

test('a turn without a terminal, or whose terminal printed nothing, gets none', async () => {
  const plan = planOf(1, 1, { terminal: false })
  const { folder, read } = task({ '1-1': SCREEN, '2-1': [] }, [turnOf(1, 1), turnOf(2, 1)], [plan, planOf(2, 1)])
  await writeRecording(read, plan)
  await writeRecording(read, planOf(2, 1))
  expect(readdirSync(folder.path)).toEqual(['raw'])
  expect(recordingRows(read)).toEqual([])
  expect([await textOf(read, 1), await textOf(read, 2), await textOf(read, 3)]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

test('a turn that runs is read as far as it has come, over a file of an earlier attempt', async () => {
  const running = turnOf(1, 2, null)
  const { read } = task({ '1-1': SCREEN, '1-2': SCREEN }, [turnOf(1, 1)], [planOf(1, 1), planOf(1, 2)])
  await writeRecording(read, planOf(1, 1))
  const again = { ...read, record: { ...read.record, turns: [running] } } as unknown as Read
  const events = eventsIn(await textOf(again, 1))
  expect(events.filter((event) => event?.kind === 'o').map((event) => event?.text)).toEqual([
    ...['hello ', 'there', 'hello ', 'there'],
  ])
  expect(recordingRows(again)).toEqual([
    {
      turn: 1,
      startedAt: '2026-01-02T03:04:01.000Z',
      seconds: expect.any(Number),
      columns: 100,
      rows: 30,
      bytes: null,
    },
  ])
})

test('a recording has no secret, and is no larger than the output limit by more than its marker', async () => {
  const plan = planOf(1, 1, { outputBytes: 2000 })
  const many: Frames = Array.from(
    { length: 400 },
    (_, at) => [at, { k: 'out', s: 't', d: 'a secret\u001b[0m' }] as const,
  )
  const { folder, read } = task({ '1-1': many }, [turnOf(1, 1)], [plan])
  await writeRecording(read, plan)
  const text = readFileSync(folder.at('out/1.cast'), 'utf8')
  expect(text).toContain('a ***')
  expect(text).not.toContain('secret')
  expect(text.length).toBeLessThan(2100)
  expect(eventsIn(text).at(-1)).toMatchObject({ kind: 'm' })
})
