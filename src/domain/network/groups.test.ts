import { describe, expect, it } from 'vitest'
import { GROUP_NAMES, GROUPS, type GroupHost, isForge, knownHost } from './groups.ts'
import { parseHost } from './host-name.ts'

const all = GROUP_NAMES.flatMap((name) => GROUPS[name].hosts.map((host: GroupHost) => [name, host] as const))

describe('the table of groups', () => {
  it.each(all)('%s: %j has a canonical host', (_, { host }) => {
    const name = host.replace(/^\*\./, '')
    expect(parseHost(name)).toEqual({ ok: true, value: name })
  })

  it('reads every request to a forge and to a host that takes what users publish', () => {
    const tunnels = all.filter(([, { tls }]) => tls === 'tunnel').map(([, { host }]) => host)
    expect(tunnels.filter(isForge)).toEqual([])
    for (const host of [
      'registry.npmjs.org',
      'registry.yarnpkg.com',
      'pypi.org',
      'crates.io',
      'rubygems.org',
      'hex.pm',
    ])
      expect(knownHost(host)).toEqual({ host, tls: 'inspect', methods: ['GET', 'HEAD'] })
  })

  it('lets a group write to the audit of npm and to nothing else', () => {
    const writes = all.filter(
      ([, { tls, methods }]) => tls === 'inspect' && methods?.some((one) => one !== 'GET' && one !== 'HEAD'),
    )
    expect(writes.map(([name, { host, paths }]) => `${name} ${host} ${paths?.join(' ')}`)).toEqual([
      'npm registry.npmjs.org /-/npm/v1/security/advisories/bulk /-/npm/v1/security/audits/quick',
    ])
    expect(all.filter(([, { tls, methods }]) => tls === 'inspect' && methods === undefined)).toEqual([])
  })
})

it('knows forges by whole labels', () => {
  expect(['github.com', 'api.github.com', '*.github.com', 'git.sr.ht'].map(isForge)).toEqual([true, true, true, true])
  expect(['evilgithub.com', 'github.com.evil.org', 'sr.ht.example'].map(isForge)).toEqual([false, false, false])
})
