import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Transcript } from '../../providers/provider.ts'
import { packTar } from '../../worker/pack-tar.ts'
import type { LiveTask } from '../task/live-task.ts'
import type { TurnHistory } from '../task/turn-history.ts'
import { recordTranscript } from './record-transcript.ts'

const transcript: Transcript = {
  isPart: () => true,
  reader: () => ({
    line: (text) => [{ type: 'agent.message', text }],
    end: () => ({ session: 's-1', at: 1, events: [] }),
  }),
}

const bench = async (lines: number) => {
  const folder = temporaryFolder()
  mkdirSync(folder.at('home'))
  mkdirSync(folder.at('sessions'))
  writeFileSync(folder.at('home/said'), Array.from({ length: lines }, (_, n) => `line ${n} sk-secret\n`).join(''))
  await packTar(folder.at('home'), ['said'], { to: folder.at('sessions/2.tar'), maxBytes: 2 ** 30 })
  const journal: EventBody[] = []
  const warnings: string[] = []
  /** A supervisor that is killed when the journal has so many events. */
  const record = async (position: TurnHistory['position'], until = Number.POSITIVE_INFINITY) => {
    const live = {
      folder: folder.path,
      record: { warnings },
      redact: (text: string) => text.replaceAll('sk-secret', '***'),
      append: (...bodies: readonly EventBody[]) => {
        for (const body of bodies) {
          if (journal.length >= until) throw new Error('killed')
          journal.push(body)
          if (body.type === 'notice') warnings.push(body.text)
        }
      },
    } as unknown as LiveTask
    const history = { position } as TurnHistory
    await recordTranscript({ live, plan: { turn: 2 } as Plan, history }, { title: 'Mine', transcript }, REPORT)
  }
  const positionNow = () => {
    const last = journal.findLast((event) => 'from' in event)
    return last !== undefined && 'from' in last ? (last.from ?? null) : null
  }
  return { folder, journal, record, positionNow }
}
const REPORT = { began: 5, lastFrame: 7 }

test('what was said is journaled behind the last frame, with keys masked', async () => {
  const { folder, journal, record } = await bench(2)
  using _ = folder
  await record([7, 0])
  expect(journal).toEqual([
    { turn: 2, type: 'agent.session', session: 's-1', from: [8, 1] },
    { turn: 2, type: 'agent.message', text: 'line 0 ***', from: [8, 2] },
    { turn: 2, type: 'agent.message', text: 'line 1 ***', from: [8, 3] },
  ])
})

test.each([0, 1, 3, 500])(
  'each event is told once, also where a supervisor was killed after %i of them',
  async (until) => {
    const { folder, journal, record, positionNow } = await bench(600)
    using _ = folder
    await record([7, 0], until).catch(() => {})
    await record(positionNow() ?? [7, 0])
    await record(positionNow())
    const told = journal.filter(({ type }) => type === 'agent.session' || type === 'agent.message')
    expect(told).toHaveLength(601)
    expect(new Set(told.map((event) => JSON.stringify(event))).size).toBe(601)
  },
)

test('a session that cannot be read is told once, and ends nothing', async () => {
  const { folder, journal, record } = await bench(2)
  using _ = folder
  writeFileSync(folder.at('sessions/2.tar'), 'no archive at all')
  await record([7, 0])
  await record([7, 0])
  expect(journal).toMatchObject([{ type: 'notice', level: 'warning' }])
})

test('without an agent, or without its session, there is nothing to tell', async () => {
  const { folder, journal } = await bench(2)
  using _ = folder
  const live = { folder: folder.path } as unknown as LiveTask
  const turn = { live, plan: { turn: 2 } as Plan, history: { position: null } as TurnHistory }
  await recordTranscript(turn, { title: 'Mine', transcript }, { began: null, lastFrame: 1 })
  await recordTranscript({ ...turn, plan: { turn: 3 } as Plan }, { title: 'Mine', transcript }, REPORT)
  await recordTranscript(turn, { title: 'Mine' }, REPORT)
  expect(journal).toEqual([])
})
