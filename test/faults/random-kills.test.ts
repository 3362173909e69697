import { afterAll, describe, expect, test } from 'vitest'
import { anyEngine } from '../fixtures/engines.ts'
import { planPoolRound, planRound } from '../fixtures/random-kills/plan-round.ts'
import { type Counts, playRound } from '../fixtures/random-kills/play-round.ts'

const SEED = Number(process.env['BERTH_FAULT_SEED'] ?? 4711)
const KILLS = Number(process.env['BERTH_FAULT_KILLS'] ?? 20)
const A_ROUND = 5

const engines = anyEngine()
const rounds = Array.from({ length: Math.ceil(KILLS / A_ROUND) }, (_, round) => ({
  round,
  kills: Math.min(A_ROUND, KILLS - round * A_ROUND),
}))
/** One round in four is of a pool that tasks ask for, and one of spares. */
const poolRounds = rounds.filter(({ round }) => round % 4 === 0)
const played: Counts[] = []
let failed = 0

afterAll(() => {
  const sum = (of: (counts: Counts) => number) => played.reduce((all, one) => all + of(one), 0)
  const told = [
    `seed ${SEED}`,
    `${played.length + failed} runs`,
    `${sum((one) => one.kills)} kills`,
    `${sum((one) => one.tasks)} tasks`,
    `${sum((one) => one.pooled)} of them in sandboxes that waited`,
    `${sum((one) => one.turns)} turns`,
    `${sum((one) => one.events)} events`,
    `${sum((one) => one.recovered)} tasks recovered from the middle of a turn`,
    `${sum((one) => one.unanswered)} commands unanswered`,
    `${failed} failures`,
  ]
  process.stdout.write(`random kills: ${told.join(', ')}\n`)
})

test('the same seed gives the same instants, another one others', () => {
  const plan = planRound(SEED, 0, A_ROUND)
  expect(planRound(SEED, 0, A_ROUND)).toEqual(plan)
  expect(planRound(SEED + 1, 0, A_ROUND)).not.toEqual(plan)
  expect(planRound(SEED, 1, A_ROUND)).not.toEqual(plan)
  expect(plan.filter(({ kind }) => kind === 'kill').length).toBe(A_ROUND)
})

describe.concurrent.each(engines)(`killed at random instants under load on $name, seed ${SEED}`, (engine) => {
  const own = rounds.filter(({ round }) => engines[round % engines.length]?.name === engine.name)
  const steps = [
    ...own.map(({ round, kills }) => ({ name: `round ${round}`, plan: planRound(SEED, round, kills) })),
    ...poolRounds.flatMap(({ round, kills }) => [
      { name: `round ${round} of the pool`, plan: planPoolRound(SEED, round, kills, true) },
      { name: `round ${round} of spares`, plan: planPoolRound(SEED, round, kills, false) },
    ]),
  ]
  // One after the other on an engine, the engines side by side.
  test(
    'every task comes to its true end, nothing comes twice, nothing is left, nor of what was started ahead',
    async () => {
      const failures: unknown[] = []
      for (const { name, plan } of steps) {
        try {
          played.push(await playRound(engine, plan))
        } catch (error) {
          failures.push(new Error(`seed ${SEED}, ${name}`, { cause: error }))
        }
      }
      failed += failures.length
      if (failures.length > 0)
        throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'some rounds failed')
    },
    KILLS * 30_000,
  )
})
