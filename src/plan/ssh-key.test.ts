import { describe, expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../domain/request.ts'
import { noop } from '../providers/noop.ts'
import { explainPlan } from './explain.ts'
import type { Facts } from './facts.ts'
import { FIRST, makePlan } from './make-plan.ts'

const facts = { ...FACTS, source: { ...FACTS.source, url: 'git@git.example:team/app.git' } } as Facts
const INSIDE = { sshKey: '/home/ada/k', sshKeyInside: true, policy: 'open' }

const planned = (asked: object = {}, given = facts, next = FIRST) =>
  makePlan(taskRequest.parse({ prompt: 'go', agent: 'noop', ...INSIDE, ...asked }), given, noop, next)

describe('a copy of the ssh key in the container', () => {
  test('S2-9: a folder is mounted, git is told of it, the copy comes before the order, and all say so', () => {
    const plan = planned()
    const { container, order, steps, warnings } = plan
    const mount = container.mounts.find(({ role }) => role === 'secrets')
    expect(mount).toMatchObject({ target: '/run/secrets', readOnly: true })
    expect(mount?.source).toMatch(/\/secrets\/[^/]+$/)
    expect(order.run?.env).toMatchObject({ GIT_SSH_COMMAND: 'ssh -F /run/secrets/ssh-config', GIT_SSH_VARIANT: 'ssh' })
    expect(steps.find(({ id }) => id === 'order')?.needs).toContain('key')
    expect(warnings.join()).toMatch(
      /--ssh-key-inside: a copy of \/home\/ada\/k is in the container .*send it away for good/,
    )
    expect(explainPlan(plan)).toContain('with the key /home/ada/k, and a copy of it in the container at /run/secrets')
  })

  test('without the flag nothing of it is inside', () => {
    const { container, order, steps, sshKeyInside } = planned({ sshKeyInside: false })
    expect(sshKeyInside).toBeUndefined()
    expect(container.mounts.map(({ role }) => role)).not.toContain('secrets')
    expect(Object.keys(order.run?.env ?? {})).not.toContain('GIT_SSH_COMMAND')
    expect(steps.map(({ id }) => id)).not.toContain('key')
  })

  test('a further turn in the warm container gets it anew', () => {
    const keepAlive = 60_000
    const before = planned({ keepAlive })
    const kept = { plan: before, kept: { after: 5, since: 0, until: 60_000 } }
    const { steps, kept: warm } = planned({ keepAlive }, facts, { ...FIRST, turn: 2, kept })
    expect(warm).toBeDefined()
    expect(steps.find(({ id }) => id === 'order')?.needs).toContain('key')
  })

  test.each<[object, Facts, string]>([
    [{ sshKey: undefined }, facts, 'there is no key'],
    [{ policy: 'sandboxed' }, facts, 'with --policy sandboxed ssh has no way out'],
    [{}, FACTS, 'the repository has no ssh address'],
    [{ isolation: 'host' }, facts, 'with --isolation host the agent has your own keys anyway'],
    [{ gitCredentials: 'inside' }, facts, 'with --git-credentials inside, git there uses no ssh'],
    [
      { volumes: [{ source: '/t', target: '/run/secrets/x', readOnly: true }] },
      facts,
      '/run/secrets/x in the container is for',
    ],
  ])('%o is refused', (asked, given, why) => {
    expect(() => planned(asked, given)).toThrow(`--ssh-key-inside: ${why}`)
  })
})
