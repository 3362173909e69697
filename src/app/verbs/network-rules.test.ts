import { expect, it } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import type { LiveRule } from '../../domain/network/live-rules.ts'
import { taskRequest } from '../../domain/request.ts'
import { makePlan } from '../../plan/make-plan.ts'
import { codex } from '../../providers/codex.ts'
import { networkRules } from './network-rules.ts'

const rulesOf = (request: object, deny?: readonly string[], liveRules: readonly LiveRule[] = []) => {
  const plan = makePlan(taskRequest.parse({ prompt: 'p', ...request }), FACTS, codex)
  const events = [
    { type: 'turn.planned', turn: 1, plan },
    ...(deny === undefined ? [] : [{ type: 'project.rules', turn: 1, deny }]),
  ]
  const select = (...types: string[]) => events.filter(({ type }) => types.includes(type))
  return networkRules({ select } as never, { id: 't-1', liveRules })
}

it('lists the model, then what denies, then what allows, each with its origin', () => {
  const allow = [
    { target: 'debian', origin: 'flag' },
    { target: 'example.org', origin: 'preset' },
  ]
  const answer = rulesOf({ allow, deny: [{ target: 'bad.org', origin: 'configuration' }] }, ['worse.org'])
  expect(answer).toMatchObject({ id: 't-1', network: 'none' })
  expect(answer.rules.map(({ effect, host, origin, target }) => [effect, host, target, origin].join(' '))).toEqual([
    'allow api.openai.com https://api.openai.com/v1 provider',
    'deny bad.org bad.org configuration',
    'deny worse.org worse.org project',
    'allow deb.debian.org debian flag',
    'allow security.debian.org debian flag',
    'allow example.org example.org preset',
  ])
})

it('shows what was allowed and denied since, and not what that took away', () => {
  const answer = rulesOf(
    { allow: [{ target: 'example.org', origin: 'flag' }] },
    ['worse.org'],
    [
      { target: 'b.example', effect: 'allow' },
      { target: 'example.org', effect: 'deny' },
    ],
  )
  expect(answer.rules.slice(1).map(({ effect, target, origin }) => [effect, target, origin].join(' '))).toEqual([
    'deny example.org live',
    'deny worse.org project',
    'allow b.example live',
  ])
})

it('shows the route to a model of this machine', () => {
  expect(rulesOf({ baseUrl: 'http://localhost:8080/api/v1' }).rules).toEqual([
    {
      effect: 'allow',
      host: 'localhost',
      port: 8080,
      tls: 'inspect',
      paths: ['/api/v1/*'],
      private: true,
      target: 'http://localhost:8080/api/v1',
      origin: 'provider',
    },
  ])
})

it('says whose network the task has where no rule applies', () => {
  const { network, rules } = rulesOf({ policy: 'open', allow: [{ target: 'debian', origin: 'configuration' }] })
  expect([network, rules.map(({ origin }) => origin)]).toEqual(['engine', ['provider']])
})
