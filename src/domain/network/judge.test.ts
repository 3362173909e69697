import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judge, type NetworkRequest } from './judge.ts'
import { parseTarget } from './parse-target.ts'
import type { NetworkRule } from './rule.ts'

/** Rules as users write them; `!` in front denies. */
const rulesOf = (...targets: readonly string[]): readonly NetworkRule[] =>
  targets.flatMap((target) => {
    const isDeny = target.startsWith('!')
    const rules = parseTarget(isDeny ? target.slice(1) : target, 'flag', isDeny ? 'deny' : 'allow')
    if (!rules.ok) throw new Error(rules.error)
    return rules.value
  })

/** `host:port` or `METHOD host:port/path` */
const requestOf = (text: string): NetworkRequest => {
  const [, method, host = '', port, path] = /^(?:([A-Za-z]+) )?(.+?):(\d+)(\/.*)?$/.exec(text) ?? []
  return { host, port: Number(port), ...(method === undefined ? {} : { method, path: path ?? '/' }) }
}

const verdict = (rules: readonly NetworkRule[], text: string): string => {
  const judgement = judge(rules, requestOf(text))
  return judgement.verdict === 'allowed'
    ? `${judgement.tls} by ${judgement.rule.target}`
    : `denied, ${judgement.allow ?? 'never'}`
}

describe('judge', () => {
  it.each([
    // Hosts and ports.
    [['example.org'], 'example.org:443', 'tunnel by example.org'],
    [['example.org'], 'example.org:80', 'tunnel by example.org'],
    [['example.org'], 'example.org:8443', 'denied, example.org:8443'],
    [['example.org:8443'], 'example.org:443', 'denied, example.org'],
    [['example.org:8443'], 'example.org:8443', 'tunnel by example.org:8443'],
    [['example.org'], 'www.example.org:443', 'denied, www.example.org'],
    [['example.org'], 'example.org.evil.net:443', 'denied, example.org.evil.net'],
    [['example.org'], 'evilexample.org:443', 'denied, evilexample.org'],
    [['*.example.org'], 'a.b.example.org:443', 'tunnel by *.example.org'],
    [['*.example.org'], 'example.org:443', 'denied, example.org'],
    [['*.example.org'], 'evilexample.org:443', 'denied, evilexample.org'],
    // Nothing is allowed by itself, and the suggestion is the one that would do.
    [[], 'registry.npmjs.org:443', 'denied, npm'],
    [[], 'GET registry.npmjs.org:443/x', 'denied, npm'],
    [[], 'PUT registry.npmjs.org:443/x', 'denied, registry.npmjs.org'],
    [[], 'storage.googleapis.com:443', 'denied, storage.googleapis.com'],
    [[], 'GET storage.googleapis.com:443/chrome-for-testing-public/x', 'denied, browsers'],
    [[], 'github.com:443', 'denied, github'],
    [[], '10.0.0.1:80', 'denied, 10.0.0.1 private'],
    [[], '::1:80', 'denied, [::1] private'],
    [[], 'fd00::1:8080', 'denied, [fd00::1]:8080 private'],
    [[], 'localhost:3000', 'denied, localhost:3000 private'],
    [[], '169.254.169.254:80', 'denied, never'],
    [[], 'fd00:ec2::254:80', 'denied, never'],
    [[], '0.0.0.0:80', 'denied, never'],
    // Methods and paths.
    [['api.example.org GET /repos/acme/*'], 'api.example.org:443', 'inspect by api.example.org GET /repos/acme/*'],
    [['api.example.org GET /a/*'], 'GET api.example.org:443/a/b', 'inspect by api.example.org GET /a/*'],
    [['api.example.org GET /a/*'], 'HEAD api.example.org:443/a/b?x=/', 'inspect by api.example.org GET /a/*'],
    [['api.example.org GET /a/*'], 'POST api.example.org:443/a/b', 'denied, api.example.org POST /a/b'],
    [['api.example.org GET /a/*'], 'GET api.example.org:443/a', 'denied, api.example.org GET /a'],
    [['api.example.org GET /a/*'], 'GET api.example.org:443/ab/c', 'denied, api.example.org GET /ab/c'],
    [['api.example.org GET /a/*'], 'GET api.example.org:443/a/../b', 'denied, api.example.org GET'],
    [['api.example.org GET /a/*'], 'BREW api.example.org:443/a/b', 'denied, never'],
    [['api.example.org GET'], "POST api.example.org:443/$(id)'", 'denied, api.example.org POST'],
    // Several rules: any allow will do, and inspect wins over tunnel.
    [['example.org', 'example.org inspect'], 'example.org:443', 'inspect by example.org inspect'],
    [['example.org', 'example.org GET /a'], 'POST example.org:443/b', 'inspect by example.org'],
    [['example.org', 'example.org private'], 'example.org:443', 'tunnel by example.org private'],
    [['*.org', 'npm'], 'registry.npmjs.org:443', 'inspect by npm'],
    // A deny wins, one on methods or paths once they are known.
    [['example.org', '!example.org'], 'example.org:443', 'denied, never'],
    [['*.example.org', '!x.example.org'], 'x.example.org:443', 'denied, never'],
    [['x.example.org', '!*.example.org'], 'x.example.org:443', 'denied, never'],
    [['npm', '!npm'], 'registry.npmjs.org:443', 'denied, never'],
    [['example.org', '!example.org POST'], 'example.org:443', 'inspect by example.org'],
    [['example.org', '!example.org POST'], 'POST example.org:443/x', 'denied, never'],
    [['example.org', '!example.org POST'], 'post example.org:443/x', 'denied, never'],
    [['example.org', '!example.org GET'], 'HEAD example.org:443/x', 'denied, never'],
    [['example.org', '!example.org /secret/*'], 'GET example.org:443/SECRET/x', 'denied, never'],
    [['example.org', '!example.org /secret/*'], 'GET example.org:443/%73ecret/x', 'denied, never'],
    [['example.org', '!example.org /secret/*'], 'GET example.org:443/a/..%2fsecret/x', 'denied, never'],
    [['example.org', '!example.org /secret'], 'GET example.org:443/secret/', 'denied, never'],
    [['example.org', '!example.org /secret/*'], 'GET example.org:443/public', 'inspect by example.org'],
    // Forges: read only, by git too, whatever rule reaches them; a push needs the word.
    [['github'], 'GET github.com:443/acme/app.git/info/refs?service=git-upload-pack', 'inspect by github'],
    [['github'], 'POST github.com:443/acme/app.git/git-upload-pack', 'inspect by github'],
    [['github'], 'POST api.github.com:443/graphql', 'denied, api.github.com POST /graphql'],
    [['github.com /acme/*'], 'POST github.com:443/acme/app/git-upload-pack', 'inspect by github.com /acme/*'],
    [
      ['github.com /acme/*'],
      'POST github.com:443/evil/app/git-upload-pack',
      'denied, github.com POST /evil/app/git-upload-pack',
    ],
    [['*.com'], 'POST api.github.com:443/gists', 'denied, api.github.com POST /gists'],
    [['*.com'], 'api.github.com:443', 'inspect by *.com'],
    [['*.com'], 'example.com:443', 'tunnel by *.com'],
    [['example.org GET'], 'POST example.org:443/x/git-upload-pack', 'denied, example.org POST /x/git-upload-pack'],
    [['github'], 'GET github.com:443/a/b.git/info/refs?service=git-receive-pack', 'denied, github.com push'],
    [['github'], 'POST github.com:443/a/b.git/git-receive-pack', 'denied, github.com push'],
    [['github.com POST'], 'POST github.com:443/a/b.git/git-receive-pack', 'denied, github.com push'],
    [['github.com POST'], 'POST github.com:443/a/b.git/git-%72eceive-pack', 'denied, github.com push'],
    [['github.com POST'], 'POST github.com:443/a/b.git/Git-Receive-Pack/', 'denied, github.com push'],
    [['github.com GET'], 'GET github.com:443/a/info/refs?x&service=git%2Dreceive%2Dpack', 'denied, github.com push'],
    [['git.corp.org'], 'POST git.corp.org:80/a/git-receive-pack', 'denied, git.corp.org push'],
    [['github.com push'], 'POST github.com:443/a/b.git/git-receive-pack', 'inspect by github.com push'],
    [['github.com push /a/*'], 'POST github.com:443/x/b.git/git-receive-pack', 'denied, github.com push'],
    [['github.com push /a/*'], 'POST github.com:443/a/b.git/git-receive-pack', 'inspect by github.com push /a/*'],
    [['github.com push'], 'POST github.com:443/a/b/issues', 'denied, github.com POST /a/b/issues'],
  ])('%j: %s', (targets, request, expected) => expect(verdict(rulesOf(...targets), request)).toBe(expected))

  it('says a sentence that names the host', () => {
    const reason = (targets: readonly string[], request: string) => {
      const judgement = judge(rulesOf(...targets), requestOf(request))
      return judgement.verdict === 'denied' ? judgement.reason : ''
    }
    expect(reason([], 'example.org:443')).toBe('no rule of this task allows example.org:443')
    expect(reason([], '169.254.169.254:80')).toBe('169.254.169.254:80 is a metadata address: no rule can allow it')
    expect(reason(['example.org GET'], 'POST example.org:443/a')).toBe(
      'no rule of this task allows POST /a on example.org:443',
    )
    expect(reason(['github'], 'POST github.com:443/a/git-receive-pack')).toBe(
      'no rule of this task allows a git push to github.com:443; Berth pushes the commits at the end of the turn',
    )
    expect(reason(['example.org', '!example.org'], 'example.org:443')).toBe(
      'the rule "example.org" (flag) denies example.org:443',
    )
  })

  it('names a live deny as what can be allowed again', () => {
    const rules = rulesOf('example.org', '!example.org').map((rule) => ({ ...rule, origin: 'live' as const }))
    expect(verdict(rules, 'example.org:443')).toBe('denied, example.org')
    const local = rulesOf('127.0.0.1:9 private', '!127.0.0.1:9').map((rule) => ({ ...rule, origin: 'live' as const }))
    expect(verdict(local, '127.0.0.1:9')).toBe('denied, 127.0.0.1:9 private')
  })

  it('suggests what lets the request pass', () => {
    const host = fc.constantFrom(
      'example.org',
      'github.com',
      'api.github.com',
      'registry.npmjs.org',
      '10.0.0.1',
      '::1',
      'a',
    )
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE')
    const path = fc.constantFrom(
      '/',
      '/a',
      '/a/b',
      '/a%20b',
      '/a/git-receive-pack',
      '/a/git-upload-pack',
      '/%2e%2e/x',
      '/x?y',
    )
    const targets = fc.subarray(['example.org GET /a', 'github', 'npm', '10.0.0.1:8080 private', '*.org GET'])
    fc.assert(
      fc.property(targets, host, fc.constantFrom(80, 443, 8080), method, path, (given, name, port, verb, target) => {
        const rules = rulesOf(...given)
        const request = { host: name, port, method: verb, path: target }
        const steps = [rules]
        // At most: the connection, the request, the push.
        for (let step = 0; step < 3; step += 1) {
          const judgement = judge(steps.at(-1) ?? [], request)
          if (judgement.verdict === 'allowed') return
          if (judgement.allow === null) throw new Error(judgement.reason)
          steps.push([...(steps.at(-1) ?? []), ...rulesOf(judgement.allow)])
        }
        expect(judge(steps.at(-1) ?? [], request).verdict).toBe('allowed')
      }),
      { numRuns: 1000 },
    )
  })

  it('lets no further deny open anything, and no further allow close anything but a tunnel', () => {
    const target = fc.constantFrom(
      'example.org',
      '*.example.org',
      '*.org GET',
      'x.example.org /a/*',
      'example.org:8443',
      'github',
      'github.com push',
    )
    const host = fc.constantFrom('example.org', 'x.example.org', 'other.org', 'github.com', '1.2.3.4')
    const path = fc.constantFrom('/a/b', '/A/b', '/b', '/a/../b', '/x/git-receive-pack')
    fc.assert(
      fc.property(
        fc.array(target),
        target,
        host,
        fc.constantFrom('GET', 'POST'),
        path,
        (given, more, name, method, asked) => {
          const request = { host: name, port: 443, method, path: asked }
          const rules = rulesOf(...given)
          const before = judge(rules, request).verdict
          const denied = rulesOf(more).map((rule) => ({ ...rule, effect: 'deny' as const }))
          if (before === 'denied') expect(judge([...rules, ...denied], request).verdict).toBe('denied')
          if (before === 'allowed') expect(judge([...rules, ...rulesOf(more)], request).verdict).toBe('allowed')
        },
      ),
      { numRuns: 1000 },
    )
  })
})
