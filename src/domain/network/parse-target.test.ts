import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GROUP_NAMES } from './groups.ts'
import { parseTarget } from './parse-target.ts'
import type { NetworkRule } from './rule.ts'

/** A rule in short: `tls host[:port] methods paths flags`. */
const short = ({ host, port, tls, methods, paths, ...rule }: NetworkRule): string =>
  [
    tls,
    port === null ? host : `${host}:${port}`,
    ...(methods ?? []),
    ...(paths ?? []),
    ...(rule.private ? ['private'] : []),
    ...(rule.push ? ['push'] : []),
  ].join(' ')

const read = (text: string, effect: NetworkRule['effect'] = 'allow'): readonly string[] => {
  const result = parseTarget(text, 'flag', effect)
  return result.ok ? result.value.map(short) : [`! ${result.error}`]
}

describe('parseTarget', () => {
  it.each([
    ['example.org', 'tunnel example.org'],
    ['Example.ORG.:8443', 'tunnel example.org:8443'],
    ['*.example.org', 'tunnel *.example.org'],
    ['*.Bücher.de', 'tunnel *.xn--bcher-kva.de'],
    ['registry:5000', 'tunnel registry:5000'],
    ['registry.corp:8443 private', 'tunnel registry.corp:8443 private'],
    ['localhost private', 'tunnel localhost private'],
    ['localhost:3000 private', 'tunnel localhost:3000 private'],
    ['10.0.0.1 private', 'tunnel 10.0.0.1 private'],
    ['0x7f.1:80 private', 'tunnel 127.0.0.1:80 private'],
    ['[::1]:443 private', 'tunnel ::1:443 private'],
    ['[2606:4700::1]', 'tunnel 2606:4700::1'],
    ['1.1.1.1', 'tunnel 1.1.1.1'],
    ['api.example.org GET /repos/acme/*', 'inspect api.example.org GET /repos/acme/*'],
    ['api.example.org GET POST /a /b/*', 'inspect api.example.org GET POST /a /b/*'],
    ['api.example.org /a', 'inspect api.example.org /a'],
    ['  api.example.org \t GET ', 'inspect api.example.org GET'],
    ['api.example.org inspect', 'inspect api.example.org'],
    ['git.example.org push', 'inspect git.example.org push'],
    ['github.com', 'inspect github.com GET HEAD'],
    ['github.com /acme/*', 'inspect github.com GET HEAD /acme/*'],
    ['api.github.com POST /repos/acme/app/issues', 'inspect api.github.com POST /repos/acme/app/issues'],
    ['github.com push', 'inspect github.com GET HEAD push'],
    ['*.github.com', 'inspect *.github.com GET HEAD'],
    ['*.com', 'tunnel *.com'],
    ['registry.npmjs.org', 'inspect registry.npmjs.org GET HEAD'],
    ['registry.npmjs.org tunnel', 'tunnel registry.npmjs.org'],
    ['registry.npmjs.org PUT', 'inspect registry.npmjs.org PUT'],
    ['debian', 'tunnel deb.debian.org', 'tunnel security.debian.org'],
    ['gitlab', 'inspect gitlab.com GET HEAD'],
    ['gitlab push', 'inspect gitlab.com GET HEAD push'],
  ])('%s', (text, ...rules) => expect(read(text)).toEqual(rules))

  it.each([
    ['', 'the rule is empty: write a group or HOST[:PORT]'],
    ['nmp', /^unknown group "nmp" \(did you mean npm\?\): the groups are npm, pypi, .*codeberg; a host without a dot/],
    [
      'https://example.org',
      '"https://example.org" is a URL: write the host alone, like example.org or example.org:8443',
    ],
    [
      'example.org/acme',
      '"example.org/acme" has a path: write it as a word of its own, like "example.org GET /path/*"',
    ],
    ['me@example.org', '"me@example.org" has a user: write the host alone'],
    ['foo*.example.org', '"foo*.example.org": a * stands for whole labels at the beginning, like *.example.org'],
    ['a.*.example.org', /a \* stands for whole labels at the beginning/],
    ['*example.org', /a \* stands for whole labels at the beginning/],
    ['*', /a \* stands for whole labels at the beginning/],
    ['*.*.org', /a \* stands for whole labels at the beginning/],
    ['*.', 'the host is empty'],
    ['*.1.2.3.4', '"*.1.2.3.4": an address has no *'],
    ['example.org:0', '"example.org:0": the port is not a number from 1 to 65535'],
    ['example.org:', /the port is not a number/],
    ['example.org:65536', /the port is not a number/],
    ['example.org:https', /the port is not a number/],
    ['example.org:080', /the port is not a number/],
    ['::1', '"::1": write an IPv6 address in brackets, like [2001:db8::1]:443'],
    ['[::1', /is not HOST or HOST:PORT/],
    [':443', /is not HOST or HOST:PORT/],
    ['[fe80::1%eth0]', /is not a host name/],
    ['example%2eorg', /is not a host name/],
    ['exa\0mple.org', /is not a host name/],
    ['example.org\ninspect', /is not a host name/],
    ['10.0.0.1', '10.0.0.1 is a private address: write "10.0.0.1 private" to allow it'],
    ['2130706433', '127.0.0.1 is a loopback address: write "127.0.0.1 private" to allow it'],
    ['[fd00::1]:80', 'fd00::1 is a private address: write "[fd00::1]:80 private" to allow it'],
    ['127.0.0.1:9', '127.0.0.1 is a loopback address: write "127.0.0.1:9 private" to allow it'],
    ['localhost', /is a loopback address: write "localhost private"/],
    ['x.localhost', /is a loopback address/],
    ['169.254.169.254 private', '169.254.169.254 is a metadata address: no rule can allow it'],
    ['[::ffff:a9fe:a9fe] private', /is a metadata address: no rule/],
    ['0.0.0.0 private', /is a reserved address: no rule/],
    ['example.org get', /^unknown word "get": write private, inspect, tunnel, push, a method \(GET, .*\) or a path/],
    ['example.org privat', /^unknown word "privat" \(did you mean private\?\)/],
    ['example.org TRACE', /^unknown word "TRACE"/],
    ['example.org GET /a?b', 'the path "/a?b" has a query: rules compare paths only'],
    ['example.org /a*', /a \* stands for a whole segment/],
    ['example.org /a/../b', /is not a path like/],
    ['example.org //a', /is not a path like/],
    ['example.org /a\\b', /is not a path like/],
    ['example.org tunnel GET', /^a tunnel is not read/],
    ['example.org tunnel push', /^a tunnel is not read/],
    ['github.com tunnel', /^github\.com is a forge, where anybody can store data/],
    ['*.github.com tunnel', /is a forge/],
    ['npm GET', 'the group npm takes no further word but private: name a host instead'],
    ['npm push', 'the group npm takes no further word but private: name a host instead'],
    ['github push GET', 'the group github takes no further word but private and push: name a host instead'],
    ['x'.repeat(3000), 'a rule has at most 2048 characters'],
  ])('refuses %j', (text, error) => {
    const [said = ''] = read(text)
    expect(said.slice(0, 2)).toBe('! ')
    if (typeof error === 'string') expect(said.slice(2)).toBe(error)
    else expect(said.slice(2)).toMatch(error)
  })

  it.each([
    ['example.org', 'tunnel example.org'],
    ['github.com POST', 'inspect github.com POST'],
    ['10.0.0.1', 'tunnel 10.0.0.1'],
    ['gitlab', 'inspect gitlab.com'],
    ['registry.npmjs.org', 'tunnel registry.npmjs.org'],
    ['example.org private', '! a rule that denies takes methods and paths only, not private'],
  ])('reads %s as what is denied', (text, rule) => expect(read(text, 'deny')).toEqual([rule]))

  it('writes the target as canonical text that reads as the same rules', () => {
    const first = fc.constantFrom(
      'Example.ORG.',
      '*.a.b',
      'x:1',
      '[::2]:8',
      '0x0a.1',
      'github.com',
      '*.com',
      'npm',
      'github',
    )
    const word = fc.constantFrom('private', 'inspect', 'tunnel', 'push', 'GET', 'POST', '/a', '/a/*', '/a/*/c', 'x')
    fc.assert(
      fc.property(first, fc.array(word, { maxLength: 4 }), (host, words) => {
        const rules = parseTarget([host, ...words].join('  '), 'live')
        if (!rules.ok) return
        const again = parseTarget(rules.value[0]?.target ?? '', 'live')
        expect(again).toEqual(rules)
      }),
    )
  })

  it('lets the hosts of a group have private addresses where the group says so', () => {
    const rules = parseTarget('npm private', 'flag')
    expect(rules.ok && rules.value.every((rule) => rule.private === true && rule.target === 'npm private')).toBe(true)
    const plain = parseTarget('npm', 'flag')
    expect(plain.ok && plain.value.some((rule) => rule.private === true)).toBe(false)
  })

  it('never throws, and says every mistake in one line', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'aZ09.-_:[]%@/\\*xX \t\0\n?é'), maxLength: 40 })
    fc.assert(
      fc.property(odd, (text) => {
        const rules = parseTarget(text, 'flag')
        if (!rules.ok) expect(rules.error).toMatch(/^[^\n\r\0]{1,600}$/)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads every group, with its name as the target', () => {
    for (const name of GROUP_NAMES) {
      const rules = parseTarget(name, 'preset')
      if (!rules.ok) throw new Error(rules.error)
      expect(new Set(rules.value.map(({ target, origin }) => `${target} ${origin}`))).toEqual(
        new Set([`${name} preset`]),
      )
    }
  })
})
