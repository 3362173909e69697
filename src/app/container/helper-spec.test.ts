import { expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../../domain/request.ts'
import { makePlan } from '../../plan/make-plan.ts'
import { noop } from '../../providers/noop.ts'
import { helperSpec } from './helper-spec.ts'

test("a helper is as hardened as its task, under Berth's own profile", () => {
  const request = taskRequest.parse({ prompt: 'x', readOnly: true, securityLabel: ['disable'], seccompProfile: '/p' })
  const seccomp = { from: '/p', text: '{}', open: false }
  const plan = makePlan(request, { ...FACTS, hardening: { seccomp, apparmor: 'mine' } }, noop)
  expect(plan.container).toMatchObject({ ownSeccomp: { from: '/p', text: '{}' } })
  const toolbox = { path: '/toolbox' } as Parameters<typeof helperSpec>[1]
  const spec = helperSpec(plan, toolbox, { name: 'rebase', argv: ['x'], mounts: ['workspace'] })
  expect(spec).toMatchObject({
    readOnlyRoot: true,
    securityLabel: ['disable'],
    apparmor: 'mine',
    seccomp: '/toolbox/seccomp.json',
  })
  expect(spec).not.toHaveProperty('ownSeccomp')
})
