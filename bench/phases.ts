import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../src/domain/event.ts'
import type { Frame } from '../src/domain/worker-protocol.ts'
import { median } from './ratio.ts'

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

/** Points in time of one call, in order; a phase is what lies before each but the first. */
const pointsOf = (
  home: string,
  { from, to, id }: Call,
): readonly (readonly [phase: string, at: number | undefined])[] => {
  const events = linesOf<Event>(join(home, 'tasks', id, 'events.jsonl'))
  const frames = linesOf<Frame>(join(home, 'tasks', id, 'raw/1-1.jsonl'))
  const event = (type: Event['type']) => {
    const found = events.find((one) => one.type === type)
    return found === undefined ? undefined : Date.parse(found.at)
  }
  const frame = (kind: Frame['k'], phase?: string) =>
    frames.find((one) => one.k === kind && (phase === undefined || ('phase' in one && one.phase === phase)))?.t
  return [
    ['', from],
    ['CLI, until the request is there', timeOf(id)],
    ['plan', event('task.created')],
    ['create', event('container.created')],
    ['start, until the worker lives', frame('hello')],
    ['worker ready, the work tree there', frame('phase', 'agent')],
    ['agent’s first byte, or its end', frame('out') ?? frame('agent-end')],
    ['agent’s end', frame('agent-end')],
    ['commit and bundle', frame('end')],
    ['the container’s end', event('container.exited')],
    ['publish', event('work.pushed')],
    ['the last word', to],
  ]
}

/** Prints how long each phase takes: medians over all calls. */
export const printPhases = (home: string, calls: readonly Call[]): void => {
  const times = new Map<string, number[]>()
  for (const call of calls) {
    let last = call.from
    for (const [phase, at] of pointsOf(home, call)) {
      if (phase === '' || at === undefined) continue
      times.set(phase, [...(times.get(phase) ?? []), at - last])
      last = at
    }
  }
  process.stdout.write(`phases of a start with a repository, commit and push (medians of ${calls.length}, ms)\n`)
  for (const [phase, all] of times) process.stdout.write(`  ${String(Math.round(median(all))).padStart(5)}  ${phase}\n`)
}
