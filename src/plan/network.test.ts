import { expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../domain/request.ts'
import { networkWarnings, planNetwork } from './network.ts'

const said = (hosts: readonly string[], ...deny: readonly string[]) => {
  const denied = deny.map((target) => ({ target, origin: 'flag' }))
  const request = taskRequest.parse({ prompt: 'p', deny: denied })
  return networkWarnings(planNetwork(request, FACTS, { hosts }), FACTS)
}

test('a rule that denies a host that the agent needs is a warning', () => {
  expect(said(['registry.example'])).toEqual([])
  expect(said(['registry.example'], 'npm')).toEqual([])
  expect(said(['registry.example'], '*.example')).toEqual([
    'the agent needs registry.example beside its model, and the rule "*.example" denies it',
  ])
})
