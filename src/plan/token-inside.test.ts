import { expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../domain/request.ts'
import { codex } from '../providers/codex.ts'
import { makePlan } from './make-plan.ts'

const planned = (tokens: 'scoped' | 'personal', asked: object = {}) => {
  const request = taskRequest.parse({ prompt: 'go', agent: 'codex', gitCredentials: 'inside', ...asked })
  const forgeInside = { host: 'git.example', repository: 'team/app', tokens, targets: ['git.example push /team/app/*'] }
  return makePlan(request, { ...FACTS, forgeInside }, codex)
}

test('a warning says what the token may do', () => {
  const written = planned('scoped')
  expect(written.secrets).toEqual({
    ...{ host: 'git.example', repository: 'team/app' },
    permissions: { contents: 'write' },
  })
  expect(written.warnings.join()).toContain('a token for team/app is in the container, which may write its contents;')
  expect(planned('scoped', { pr: true }).warnings.join()).toContain('may write its contents and pull requests;')
})

test("a warning says that a person's own token may do more", () => {
  const { warnings, secrets } = planned('personal')
  expect(secrets).toMatchObject({ personal: true })
  expect(warnings.join()).toContain('your own token is in the container, with all that it may do, in every repository')
  expect(warnings.join()).not.toContain('a token for team/app')
})
