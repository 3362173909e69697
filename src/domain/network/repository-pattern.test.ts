import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { holdsRepository, parseRepositoryPattern, repositoryPlace } from './repository-pattern.ts'

describe('the place of a repository', () => {
  it.each([
    'https://github.com/acme/app',
    'https://github.com/acme/app.git',
    'https://github.com/acme/app.git/',
    'https://github.com/acme/app/.git',
    'https://github.com//acme///app',
    'https://GitHub.COM/acme/app',
    'https://github.com./acme/app',
    'https://github.com:443/acme/app',
    'https://token@github.com/acme/app',
    'http://github.com/acme/app.git',
    'http://github.com:80/acme/app.git',
    'ssh://git@github.com/acme/app.git',
    'ssh://git@github.com:22/acme/app.git',
    'git+ssh://git@github.com/acme/app.git',
    'git@github.com:acme/app.git',
    'git@github.com:/acme/app',
    'github.com:acme/app',
    'GITHUB.com:acme/app/',
  ])('%s is one', (url) => expect(repositoryPlace(url)).toBe('github.com/acme/app'))

  it.each([
    ['https://github.com:8443/acme/app', 'github.com:8443/acme/app'],
    ['ssh://git@github.com:443/acme/app', 'github.com:443/acme/app'],
    ['https://0x7f.1/acme/app', '127.0.0.1/acme/app'],
    ['https://[::1]/acme/app', '[::1]/acme/app'],
    ['https://[::ffff:7f00:1]:8080/acme/app', '127.0.0.1:8080/acme/app'],
    ['git@host:~ada/app.git', 'host/~ada/app'],
    ['/srv/git/app.git', '/srv/git/app.git'],
    ['/srv//git/app/', '/srv/git/app'],
    ['file:///srv/git/app.git', '/srv/git/app.git'],
    ['file://localhost/srv/git', '/srv/git'],
    ['https://github.com@evil.example/acme/app', 'evil.example/acme/app'],
    ['https://github.com.evil.example/acme/app', 'github.com.evil.example/acme/app'],
    ['evil.example:github.com/acme/app', 'evil.example/github.com/acme/app'],
  ])('%s is %s', (url, place) => expect(repositoryPlace(url)).toBe(place))

  it.each([
    'https://github.com/acme/%61pp',
    'https://github.com/acme/%2e%2e/evil',
    'https://github.com/acme/..%2fevil/app',
    'https://github.com/acme/../evil/app',
    'https://github.com/acme/./app',
    'https://github.com/acme\\evil/app',
    'https://github.com\\@evil.example/acme/app',
    'https://github.com/',
    'https://github.com/.git',
    'git@github.com:',
    'ftp://github.com/acme/app',
    'ext::sh -c id',
    './app',
    '~/app',
    '/srv/../etc',
    '/srv/%2e%2e/etc',
    '',
  ])('%s has none that a pattern can name', (url) => expect(repositoryPlace(url)).toBeNull())
})

describe('patterns', () => {
  const holds = (pattern: string, repository: string): boolean => {
    const read = parseRepositoryPattern(pattern)
    if (!read.ok) throw new Error(read.error)
    return holdsRepository(read.value, repositoryPlace(repository) ?? 'none')
  }

  it.each([
    ['github.com/acme/*', 'git@github.com:acme/app.git', true],
    ['github.com/acme/*', 'https://github.com/acme/sub/app', true],
    ['github.com/acme/*', 'https://github.com/acme-evil/app', false],
    ['github.com/acme/*', 'https://github.com/acme', false],
    ['github.com/acme/*', 'https://github.com/ACME/app', false],
    ['github.com/acme/*', 'https://evil.example/github.com/acme/app', false],
    ['github.com/acme/*', 'https://github.com.evil.example/acme/app', false],
    ['github.com/acme/*', 'https://agithub.com/acme/app', false],
    ['github.com/acme/*', 'https://github.com:8443/acme/app', false],
    ['github.com:8443/acme/*', 'https://github.com:8443/acme/app', true],
    ['GitHub.com/acme/app.git', 'ssh://git@github.com/acme/app', true],
    ['github.com/acme/app', 'https://github.com/acme/app-tools', false],
    ['github.com/acme/app', 'https://github.com/acme/app/more', false],
    ['github.com/*/app', 'https://github.com/acme/app', true],
    ['github.com/*/app', 'https://github.com/acme/sub/app', false],
    ['github.com', 'https://github.com/acme/app', true],
    ['github.com/', 'https://github.com/acme/app', true],
    ['*.corp.example', 'https://git.corp.example/a/b', true],
    ['*.corp.example', 'https://a.git.corp.example/a/b', true],
    ['*.corp.example', 'https://corp.example/a/b', false],
    ['*.corp.example', 'https://evilcorp.example/a/b', false],
    ['*.corp.example', 'https://git.corp.example:8443/a/b', false],
    ['*.corp.example:8443/a/*', 'https://git.corp.example:8443/a/b', true],
    ['/srv/git/*', '/srv/git/app', true],
    ['/srv/git/*', 'file:///srv/git/a/b.git', true],
    ['/srv/git/*', '/srv/git-evil/app', false],
    ['/srv/git/*', '/srv/git', false],
    ['/srv/git/*', '/srv/git/../etc', false],
    ['/srv/git/app', '/srv/git/app', true],
    ['/*', 'https://github.com/acme/app', false],
    ['[::1]:8080/*', 'https://[::1]:8080/a/b', true],
  ])('%s holds %s: %s', (pattern, repository, expected) => expect(holds(pattern, repository)).toBe(expected))

  it.each([
    ['https://github.com/acme/*', /a pattern has no scheme and no user: write HOST\/OWNER\/NAME/],
    ['git@github.com:acme/app', /a pattern has no scheme and no user/],
    ['github.com/acme*', /write HOST\/OWNER\/NAME/],
    ['github.com/../x', /write HOST\/OWNER\/NAME/],
    ['git*.example/x', /is not a host name/],
    ['*', /is not a host name/],
    ['*.1.2.3.4', /an address has no \*/],
    ['github.com:0/x', /write HOST\/OWNER\/NAME/],
    ['github.com:99999/x', /write HOST\/OWNER\/NAME/],
    ['', /write HOST\/OWNER\/NAME/],
    ['/srv/../etc', /write HOST\/OWNER\/NAME/],
  ])('refuses %j', (pattern, words) => {
    const read = parseRepositoryPattern(pattern)
    expect(read.ok ? '' : read.error).toMatch(words)
  })

  it('holds a repository only below the host and owner that it names, whatever the URL', () => {
    const piece = fc.constantFrom('github.com', 'acme', 'acme-evil', 'evil.example', 'app', '.git', '..', '%2e%2e', '')
    const joint = fc.constantFrom('/', ':', '@', '//', '\\', '.', '#', '?', '%2f', '')
    const url = fc
      .tuple(
        fc.constantFrom('https://', 'ssh://', 'http://', '', 'git@', '/'),
        fc.array(fc.tuple(piece, joint), { maxLength: 6 }),
      )
      .map(([begin, rest]) => `${begin}${rest.flat().join('')}`)
    fc.assert(
      fc.property(url, (text) => {
        const place = repositoryPlace(text)
        if (place === null || !holdsRepository('github.com/acme/*', place)) return
        expect(text).toMatch(/^(?:(?:https?|ssh):\/\/)?(?:[^/:@]*@)?github\.com\.?(?:[:/]+)acme\//)
        // A user before the host may have any character; it is no part of the place.
        expect(place).not.toMatch(/%|\\/)
        expect(place.split('/').filter((segment) => /^\.{0,2}$/.test(segment))).toEqual([])
      }),
      {
        numRuns: 5000,
        // Dots within a name are no step up.
        examples: [['https://github.com/acme/..@'], ['ssh://github.com/acme/...git/'], ['github.com:acme/..git']],
      },
    )
  })

  it('names no place that would be a step up without its end', () => {
    expect(repositoryPlace('https://github.com/acme/...git')).toBe(null)
    expect(repositoryPlace('https://github.com/acme/..git')).toBe(null)
    expect(repositoryPlace('https://github.com/acme/..@')).toBe('github.com/acme/..@')
  })
})
