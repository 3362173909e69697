import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventBody } from '../src/domain/event.ts'
import type { Plan } from '../src/plan/plan.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import { openTask } from './open-task.ts'

const BATCH = 400
const BATCH_MS = 1000
const OUTCOME = { result: 'stopped', class: 'rate-limit', reason: 'the model’s rate limit', exitCode: null } as const
const LINE = 'src/app/use-cases.ts:142: const record = recordOf(text) // “quoted”, and a tab\tbehind it'

/** What an agent says in a second: words, calls of tools with what they print, lines that are no event of its stream. */
const said = (turn: number, batch: number): readonly EventBody[] =>
  Array.from({ length: BATCH }, (_, i): EventBody => {
    const from = [batch * BATCH + i + 2, 0] as const
    const id = `call_${batch}_${i}`
    if (i % 20 === 0)
      return {
        turn,
        type: 'agent.message',
        text: `Step ${i} of ${batch}: the tests pass, the next file is read.`,
        from,
      }
    if (i % 20 === 1)
      return { turn, type: 'agent.tool.start', id, name: 'shell', input: `rg -n recordOf src # ${i}`, from }
    if (i % 20 === 2)
      return {
        turn,
        type: 'agent.tool.end',
        id,
        name: 'shell',
        ok: true,
        exitCode: 0,
        output: `${LINE}\n`.repeat(30),
        from,
      }
    return { turn, type: 'agent.output', stream: 'stdout', text: `${i} ${LINE}`, from }
  })

export type LongJournal = {
  readonly id: string
  readonly path: string
  /** Bytes, and when the event in the middle was written. */
  readonly bytes: number
  readonly middle: string
  /** Bytes before that event. */
  readonly before: number
}

/**
 * A task in a state folder that no supervisor serves, with so much said in its one turn, which waits for a time that is
 * far off: the next supervisor has it open, and whoever follows it waits for more.
 */
export const makeJournal = async (input: {
  readonly state: string
  readonly plan: Plan
  readonly bytes: number
}): Promise<LongJournal> => {
  const { state, plan, bytes } = input
  mkdirSync(state, { recursive: true, mode: 0o700 })
  let now = Date.now() - 86_400_000
  const task = openTask(state, () => new Date(now))
  const { id, journal } = task
  const append = (...bodies: readonly EventBody[]) => {
    task.append(...bodies)
    now += BATCH_MS
  }
  const container = `berth-${id}-1-1`
  const engine = { id: plan.engine.kind, endpoint: plan.engine.endpoint }
  append(
    task.created({ engine, image: plan.container.image }, 'a long task'),
    { type: 'turn.queued', turn: 1, prompt: 'nothing', promptBytes: 7 },
    { type: 'turn.planned', turn: 1, plan },
    { type: 'turn.started', turn: 1, attempt: 1, container },
  )
  let half: Pick<LongJournal, 'middle' | 'before'> | undefined
  for (let batch = 0; journal.offset < bytes; batch += 1) {
    if (half === undefined && journal.offset >= bytes / 2)
      half = { middle: new Date(now).toISOString(), before: journal.offset }
    append(...said(1, batch))
  }
  const until = new Date(Date.now() + 60 * 86_400_000).toISOString()
  append({ type: 'turn.waiting', turn: 1, until, outcome: OUTCOME }, { type: 'container.removed', turn: 1 })
  await journal.sync()
  const size = journal.offset
  await using store = sqliteStore(join(state, 'berth.db'))
  task.close(store)
  return { id, path: journal.path, bytes: size, ...(half ?? { middle: '', before: 0 }) }
}
