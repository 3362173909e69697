import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../src/domain/event.ts'
import type { Frame } from '../src/domain/worker-protocol.ts'
import type { Phase } from './figures.ts'
import { median, record } from './ratio.ts'

/** One `berth run`: when it was called and when it came back, and the id it gave. */
export type Call = { readonly from: number; readonly to: number; readonly id: string }

const linesOf = <T>(path: string): readonly T[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** An id begins with the millisecond at which the supervisor took the request. */
const timeOf = (id: string): number =>
  [...id.slice(2, 12)].reduce((sum, letter) => sum * 32 + ALPHABET.indexOf(letter), 0)

const framesOf = (home: string, id: string) => linesOf<Frame>(join(home, 'tasks', id, 'raw/1-1.jsonl'))

const phaseOf = (frames: readonly Frame[], phase: string) =>
  frames.find((one) => one.k === 'phase' && one.phase === phase)?.t

/** When the work tree of a task was there and its agent began. */
export const agentBegan = (home: string, id: string): number => phaseOf(framesOf(home, id), 'agent') ?? Number.NaN

/** Points in time of one call, in order; a phase is what lies before its own. */
const pointsOf = (home: string, { to, id }: Call): readonly (readonly [phase: Phase, at: number | undefined])[] => {
  const events = linesOf<Event>(join(home, 'tasks', id, 'events.jsonl'))
  const frames = framesOf(home, id)
  const event = (type: Event['type']) => {
    const found = events.find((one) => one.type === type)
    return found === undefined ? undefined : Date.parse(found.at)
  }
  const frame = (kind: Frame['k']) => frames.find((one) => one.k === kind)?.t
  const spans = events.flatMap((one) => (one.type === 'turn.span' ? [one] : []))
  // A pre-started sandbox and its id are older than the request.
  const ahead = spans.some(({ name }) => name === 'pool')
  const create = spans.find(({ name }) => name === 'create')
  // A container that was started while its task was planned is told of later.
  const created = create === undefined ? undefined : Date.parse(create.began) + create.ms
  const planned = Date.parse(spans.find(({ name }) => name === 'plan')?.began ?? '')
  return [
    ['cli', ahead ? planned : timeOf(id)],
    ['plan', event('task.created')],
    ['create', ahead ? undefined : created],
    ['start', ahead ? undefined : frame('hello')],
    ['order', ahead ? phaseOf(frames, 'clone') : undefined],
    ['ready', phaseOf(frames, 'agent')],
    ['agent', frame('agent-end')],
    ['commit', frame('end')],
    ['end', event('container.exited')],
    ['publish', event('work.pushed')],
    ['last', to],
  ]
}

/** Records how long each phase of these calls takes, as `NAME-ms-PHASE`: medians. */
export const recordPhases = (name: string, home: string, calls: readonly Call[]): void => {
  const times = new Map<Phase, number[]>()
  for (const call of calls) {
    let last = call.from
    for (const [phase, at] of pointsOf(home, call)) {
      if (at === undefined) continue
      // What was over before the phase ahead of it took no time of its own.
      times.set(phase, [...(times.get(phase) ?? []), Math.max(0, at - last)])
      last = Math.max(last, at)
    }
  }
  for (const [phase, all] of times) record(`${name}-ms-${phase}`, median(all), null)
}
