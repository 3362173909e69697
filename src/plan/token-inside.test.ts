import { describe, expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { judge } from '../domain/network/judge.ts'
import { taskRequest } from '../domain/request.ts'
import { agentTargets } from '../forges/github/agent-targets.ts'
import { noop } from '../providers/noop.ts'
import { explainPlan } from './explain.ts'
import type { Facts } from './facts.ts'
import { makePlan } from './make-plan.ts'
import { planAhead, poolShape } from './pool-shape.ts'

const place = { host: 'github.com', baseUrl: 'https://api.github.com' }
const inside = {
  tokens: 'scoped' as const,
  host: place.host,
  repository: 'acme/app',
  targets: agentTargets(place, 'acme/app'),
}
const facts: Facts = { ...FACTS, forgeInside: inside }

const planned = (asked: object = {}, given: Facts = facts) =>
  makePlan(taskRequest.parse({ prompt: 'go', agent: 'noop', gitCredentials: 'inside', ...asked }), given, noop)

describe('a token of the forge in the container', () => {
  test('S4-43, S4-44: mounts the folder read-only, and tells git and gh where the token is', () => {
    const { container, order, tokenInside, steps, warnings } = planned()
    expect(tokenInside).toEqual({ host: 'github.com', repository: 'acme/app', permissions: { contents: 'write' } })
    const mount = container.mounts.find(({ role }) => role === 'secrets')
    expect(mount).toMatchObject({ target: '/run/secrets', readOnly: true })
    expect(mount?.source).toMatch(/\/secrets\/[^/]+$/)
    expect(order.run?.env).toMatchObject({
      GIT_ASKPASS: '/opt/berth/bin/git-askpass',
      GIT_TERMINAL_PROMPT: '0',
      GH_CONFIG_DIR: '/run/secrets/gh',
    })
    expect(order.run?.env).not.toHaveProperty('GH_HOST')
    expect(steps.find(({ id }) => id === 'order')?.needs).toContain('daemon')
    expect(warnings.join()).toContain('a token for acme/app is in the container')
    expect(order.gitFiles?.map(({ text }) => text).join()).not.toMatch(/remote-berth|berth::/)
  })

  test('nothing of it where tokens stay outside', () => {
    const { container, order, tokenInside, steps, network } = planned({ gitCredentials: 'outside' }, FACTS)
    expect(tokenInside).toBeUndefined()
    expect(JSON.stringify([container, order, steps, network])).not.toMatch(/secrets|ASKPASS|GH_|daemon/)
  })

  test('the same container but for the folder, so a pull request adds a permission alone', () => {
    expect(planned({ pr: true }).tokenInside?.permissions).toEqual({ contents: 'write', pullRequests: 'write' })
    expect(planned({ pr: true }).container).toEqual(planned().container)
  })

  test('a container that is started ahead for it is for no task whose tokens stay outside; no token is in it yet', () => {
    const ahead = planAhead(planned())
    expect(poolShape(planned({ pr: true }))).toBe(poolShape(ahead))
    expect(poolShape(planned({ gitCredentials: 'outside' }, FACTS))).not.toBe(poolShape(ahead))
    expect(ahead.steps.map(({ id }) => id)).not.toContain('daemon')
  })

  test('a warning says what it may do, and that one of a person may do more', () => {
    expect(planned().warnings.join()).toContain('which may write its contents;')
    expect(planned({ pr: true }).warnings.join()).toContain('may write its contents and pull requests;')
    const { warnings, tokenInside } = planned({}, { ...FACTS, forgeInside: { ...inside, tokens: 'personal' } })
    expect(tokenInside).toMatchObject({ personal: true })
    expect(warnings.join()).toContain('your own token is in the container, with all that it may do')
    expect(warnings.join()).not.toContain('a token for acme/app')
  })

  test('opens this repository and its API, and no other', () => {
    const rules = planned().network?.rules ?? []
    expect(new Set(rules.filter(({ effect }) => effect === 'allow').map(({ origin }) => origin))).toEqual(
      new Set(['forge']),
    )
    const verdict = (host: string, method: string, path: string) =>
      judge(rules, { host, port: 443, method, path }).verdict
    const open = [
      ['github.com', 'GET', '/acme/app.git/info/refs?service=git-upload-pack'],
      ['github.com', 'POST', '/acme/app.git/git-upload-pack'],
      ['github.com', 'POST', '/acme/app.git/git-receive-pack'],
      ['api.github.com', 'PATCH', '/repos/acme/app/pulls/1'],
      ['api.github.com', 'POST', '/graphql'],
    ] as const
    const closed = [
      ['github.com', 'POST', '/acme/app-tools.git/git-receive-pack'],
      ['github.com', 'POST', '/evil/app.git/git-receive-pack'],
      ['github.com', 'GET', '/evil/app'],
      ['api.github.com', 'POST', '/user/repos'],
      ['api.github.com', 'POST', '/gists'],
      ['uploads.github.com', 'POST', '/repos/acme/app'],
    ] as const
    for (const [host, method, path] of open) expect(verdict(host, method, path), path).toBe('allowed')
    for (const [host, method, path] of closed) expect(verdict(host, method, path), path).toBe('denied')
  })

  test('a server of a company may have a private address', () => {
    const targets = agentTargets({ host: 'git.corp', baseUrl: 'https://git.corp/api/v3' }, 'acme/app')
    expect(targets).toEqual([
      'git.corp:443 private push GET POST /acme/app /acme/app/* /acme/app.git /acme/app.git/*',
      'git.corp:443 private GET POST PUT PATCH DELETE /api/v3/repos/acme/app /api/v3/repos/acme/app/* /api/graphql /api/v3/ /api/v3/user',
    ])
  })

  test('says what a deny takes away', () => {
    const deny = [{ target: 'github.com', origin: 'flag' }]
    expect(planned({ deny }).warnings.join('\n')).toContain('the agent needs github.com for --git-credentials inside')
  })

  test('the dry run names it', () => {
    expect(explainPlan(planned())).toMatch(/^token +of github.com for acme\/app, in the container at \/run\/secrets$/m)
  })

  test.each(['/run/secrets', '/run/secrets/x', '/var/run/secrets'])('refuses a volume at %s', (target) => {
    const volumes = [{ source: '/srv', target, readOnly: true }]
    expect(() => planned({ volumes })).toThrow(/--git-credentials inside: .* is for its token/)
    expect(() => planned({ volumes, gitCredentials: 'outside' }, FACTS)).not.toThrow()
  })
})
