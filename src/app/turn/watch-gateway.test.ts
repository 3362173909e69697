import { expect, test } from 'vitest'
import type { Event, EventBody } from '../../domain/event.ts'
import type { GatewayLine } from '../../egress/egress.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type GatewayPlace, isBehind, turnHistory } from '../task/turn-history.ts'
import type { TurnControl } from './control.ts'
import { watchGateway } from './watch-gateway.ts'

const usage = { inputTokens: 2, cachedTokens: 0, outputTokens: 1, reasoningTokens: 0 }
type Line = GatewayLine & { readonly gateway: string }
const base = (n: number, gateway: string) => ({ n, gateway, at: '', task: 't-1' })
const answer = (n: number, gateway = 'g1'): Line => ({ ...base(n, gateway), kind: 'request', usage })
const denied = (n: number, host: string, gateway = 'g1', count?: number): Line => ({
  ...base(n, gateway),
  kind: 'net',
  verdict: 'denied',
  host,
  port: 443,
  allow: host,
  message: 'no rule',
  ...(count !== undefined && { count }),
})

/** A journal in memory, and a supervisor that reads the gateway's log into it, or dies over that. */
const bench = (log: readonly Line[], late: readonly Line[] = []) => {
  const journal: Event[] = []
  const append = (...bodies: readonly EventBody[]) =>
    bodies.map((body) => {
      const event: Event = { v: 1, seq: journal.length + 1, at: '', ...body }
      journal.push(event)
      return event
    })
  const select = (...types: readonly string[]) => journal.filter(({ type }) => types.includes(type))
  const live = {
    id: 't-1',
    journal: { select, tail: () => 0, lines: () => [] },
    append,
  } as unknown as LiveTask
  let isFlushed = false
  const behind = (lines: readonly Line[], after: GatewayPlace | null) =>
    lines.filter(({ gateway, n }) => isBehind({ gateway, line: n }, after))
  const egress = {
    flush: async () => {
      isFlushed = true
    },
    lines: async function* (_: string, after: GatewayPlace | null, signal: AbortSignal) {
      yield* behind(log, after)
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      if (isFlushed) yield* behind(late, after)
    },
  }
  /** Watches a turn to its end; with `until`, the supervisor is killed when the journal has so many events. */
  const watch = async (
    turn: number,
    until = Number.POSITIVE_INFINITY,
    { endsTurn = true, expected = [] }: { readonly endsTurn?: boolean; readonly expected?: readonly string[] } = {},
  ) => {
    const killed = new AbortController()
    const dying = {
      ...live,
      append: (...bodies: readonly EventBody[]) => {
        const told = journal.length < until ? append(...bodies) : []
        if (journal.length >= until) killed.abort()
        return told
      },
    } as unknown as LiveTask
    using watched = watchGateway({
      deps: { egress, log: () => {} } as unknown as Deps,
      live: dying,
      turn,
      endsTurn,
      expected,
      history: turnHistory(live, turn, 1),
      control: {} as TurnControl,
      signal: killed.signal,
    })
    return await watched.settle()
  }
  const told = () =>
    journal.flatMap((event) => {
      if (event.type === 'gateway.usage') return [`usage ${event.gateway}:${event.line}`]
      return event.type === 'egress.denied' ? [`${event.host} ${event.count}`] : []
    })
  return { append, watch, told, journal }
}

const started = (turn: number): EventBody => ({ type: 'turn.started', turn, attempt: 1, container: `c${turn}` })

test('what the gateway counted is written before the turn is over', async () => {
  const { append, watch, told } = bench([denied(1, 'a.example'), answer(2)], [denied(3, 'a.example', 'g1', 12)])
  append(started(1))
  await watch(1)
  expect(told()).toEqual(['a.example 1', 'usage g1:2', 'a.example 13'])
})

test('a supervisor that is killed anywhere loses and doubles nothing, over two gateways and a later turn', async () => {
  const first = [denied(1, 'a.example'), answer(2), denied(3, 'a.example'), denied(4, 'b.example'), answer(5)]
  const second = [denied(1, 'a.example', 'g2'), answer(2, 'g2')]
  for (let until = 2; until < 9; until += 1) {
    const { append, watch, told } = bench([...first, ...second])
    append(started(1))
    await watch(1, until)
    await watch(1)
    const all = told()
    expect(all.filter((one) => one.startsWith('usage'))).toEqual(['usage g1:2', 'usage g1:5', 'usage g2:2'])
    expect(all.filter((one) => one.startsWith('a.'))).toEqual(['a.example 1', 'a.example 3'])
    expect(all.filter((one) => one.startsWith('b.'))).toEqual(['b.example 1'])
    // The next turn has its own count, and nothing of this one.
    append(started(2))
    await watch(2)
    expect(told()).toEqual(all)
  }
})

test('at a terminal a verdict that would end a turn is written, and ends nothing', async () => {
  const verdict = {
    ...answer(1),
    kind: 'verdict',
    class: 'auth',
    fatal: true,
    status: 401,
    message: 'refused',
  } as const
  const { append, watch, journal } = bench([verdict])
  append(started(1))
  expect(await watch(1, Number.POSITIVE_INFINITY, { endsTurn: false })).toBeNull()
  const found = journal.flatMap((event) => (event.type === 'gateway.verdict' ? [event.verdict] : []))
  expect(found).toMatchObject([{ class: 'auth', message: 'refused', fatal: false }])
})

test('a request that a CLI makes by itself is no denial, a second one is', async () => {
  const expected = ['a.example:443']
  const once = bench([denied(1, 'a.example'), denied(2, 'b.example')])
  once.append(started(1))
  await once.watch(1, Number.POSITIVE_INFINITY, { expected })
  expect(once.told()).toEqual(['b.example 1'])
  const twice = bench([denied(1, 'a.example'), denied(2, 'a.example'), denied(3, 'a.example')])
  twice.append(started(1))
  await twice.watch(1, Number.POSITIVE_INFINITY, { expected })
  await twice.watch(1, Number.POSITIVE_INFINITY, { expected })
  expect(twice.told()).toEqual(['a.example 1', 'a.example 2'])
})
