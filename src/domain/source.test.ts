import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BerthError } from './errors.ts'
import { checkBranch, checkRef, parseSource } from './source.ts'

const failure = (run: () => unknown): BerthError => {
  try {
    run()
  } catch (error) {
    if (error instanceof BerthError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('parseSource', () => {
  it('takes no repository', () => expect(parseSource(undefined)).toEqual({ kind: 'none' }))

  it.each([
    ['https://github.com/a/b.git', 'https', 'b'],
    ['http://127.0.0.1:8080/team/sub/x', 'http', 'x'],
    ['https://ann@dev.example/org/_git/x', 'https', 'x'],
    ['ssh://git@host.example:2222/~/x.git', 'ssh', 'x'],
    ['ssh://[::1]:22/srv/x.git', 'ssh', 'x'],
    ['git@github.com:owner/name.git', 'ssh', 'name'],
    ['host:name', 'ssh', 'name'],
    ['file:///srv/git/x.git', 'file', 'x'],
    ['file:///home/ann/x/.git', 'file', 'x'],
  ])('takes the URL %s', (url, transport, name) => {
    expect(parseSource(url)).toEqual({ kind: 'url', url, transport, name, shorthand: false })
  })

  it.each([
    ['owner/name', undefined, 'https://github.com/owner/name.git'],
    ['owner/name.git', undefined, 'https://github.com/owner/name.git'],
    ['o-1/n.x_y', 'git.example', 'https://git.example/o-1/n.x_y.git'],
  ])('expands %s', (repo, host, url) => {
    expect(parseSource(repo, host === undefined ? {} : { host })).toMatchObject({
      kind: 'url',
      url,
      transport: 'https',
      shorthand: true,
    })
  })

  it.each(['.', '..', './x', '../x y', '/srv/x', '~', '~/x', '/', './-x'])('takes the folder %s', (path) => {
    expect(parseSource(path)).toEqual({ kind: 'local', path })
  })

  it('puts the home folder for ~', () => {
    expect(parseSource('~/x', { home: '/home/ann' })).toEqual({ kind: 'local', path: '/home/ann/x' })
  })

  it.each([
    ['', 'empty'],
    [' ', 'empty'],
    ['--upload-pack=x', 'dash'],
    ['-x/y', 'dash'],
    ['owner/..', 'owner/name'],
    ['owner/.git', 'owner/name'],
    ['owner/', 'owner/name'],
    ['owner/-x', 'letters, digits'],
    ['owner/na me', 'letters, digits'],
    ['~ann/x', 'letters, digits'],
    ['name', './name'],
    ['a/b/c', './name'],
    ['ext::sh -c touch% /tmp/x', 'transport helpers'],
    ['fd::17', 'transport helpers'],
    ['::x', 'transport helpers'],
    ['git://host/x', 'transport'],
    ['ftp://host/x', 'transport'],
    ['javascript://x/y', 'transport'],
    ['https://-oProxyCommand=x/y', 'dash'],
    ['ssh://-oProxyCommand=x/y', 'dash'],
    ['ssh://-x@host/y', 'dash'],
    ['-oProxyCommand=x:y', 'dash'],
    ['git@-oProxyCommand=x:y', 'dash'],
    ['git@host:-x', 'dash'],
    ['https:///x', 'no host'],
    ['https://host', 'no repository'],
    ['https://host/', 'no repository'],
    ['https://host:0/x', 'port'],
    ['https://host:99999/x', 'port'],
    ['https://host/a/../b', '..'],
    ['https://host/a/%2e%2E/b', '..'],
    ['https://host/x?access=1', '?'],
    ['https://ho st/x', 'host'],
    ['https://$(x)/y', 'host'],
    ['https://host/a b', 'space'],
    ['https://host/a%0ab', 'control'],
    ['https://host/a\nb', 'control'],
    ['file://host/x', 'no host'],
  ])('refuses %j', (repo, why) => {
    const error = failure(() => parseSource(repo))
    expect(error.code).toBe('bad-repository')
    expect(error.message).toContain(why)
  })

  it.each([
    'https://ann:s3cret@host/x',
    'https://:s3cret@host/x',
    'https://ann%3As3cret@host/x',
    'ssh://git:s3cret@host/x',
    'ftp://ann:s3cret@host/x',
    'ann:s3cret@host/x',
    'ann:s3cret@host:x',
    'ann:s3/cret@host/x',
    'ann:@s3cret@host:x',
    'https://ghp_s3cret@host/x',
    'https://x-access-token:s3cret@host/x',
    'https://s3cret0123456789012345678901234567890@host/x',
    'https://ann@s3cret:x@host/x',
  ])('refuses a password and does not repeat it: %s', (repo) => {
    const error = failure(() => parseSource(repo))
    expect(error.code).toBe('url-with-password')
    expect(error.message).not.toContain('s3cret')
    expect(error.message).toContain('***@host')
  })

  it('never repeats what stands before an @, and gives urls git takes as no option or helper', () => {
    const odd = fc.string({ unit: fc.constantFrom('a', ':', '/', '@', '-', '.', '%', ' ', '\n', '?', '[', ']', '~') })
    const scheme = fc.constantFrom('https://', 'ssh://', 'ftp://', 'file://', '')
    fc.assert(
      fc.property(scheme, odd, odd, (start, before, after) => {
        const repo = `${start}ann:${before}SECRET${before}@${after}`
        try {
          const source = parseSource(repo)
          if (source.kind === 'url') expect(source.url).not.toMatch(/^-|::|\/\/[^/]*SECRET[^/]*@/)
        } catch (error) {
          if (!(error instanceof BerthError)) throw error
          expect(error.message).not.toContain('SECRET')
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('is total: any text is a source or a BerthError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (repo) => {
        try {
          const source = parseSource(repo)
          expect(repo).not.toMatch(/^-/)
          if (source.kind === 'url') expect(source.url).toMatch(/^[\x21-\x7e\u00a1-\u{10ffff}]+$/u)
        } catch (error) {
          expect(error).toBeInstanceOf(BerthError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('checkRef and checkBranch', () => {
  it.each(['main', 'feature/x', 'v1.0', 'refs/pull/3/head', 'HEAD', 'ünïcode', 'a@b', 'x{y}', '0'.repeat(40)])(
    'takes %s',
    (ref) => expect(checkRef(ref)).toBe(ref),
  )

  it.each([
    '',
    '-x',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a\tb',
    'a~1',
    'a^',
    'a:b',
    'a?',
    'a*',
    'a[',
    'a\\b',
    '@',
    'a@{1}',
  ])('refuses %j', (ref) => expect(failure(() => checkRef(ref)).code).toBe('bad-ref'))

  it.each(['/a', 'a/', 'a//b', '.a', 'a/.b', 'a.lock', 'a.lock/b', 'a.', 'a\nb', 'a\u007f', 'x'.repeat(300)])(
    'refuses %j',
    (ref) => expect(failure(() => checkRef(ref)).code).toBe('bad-ref'),
  )

  it.each(['HEAD', 'refs/heads/x', '-D'])('refuses the branch %s', (branch) =>
    expect(failure(() => checkBranch(branch)).code).toBe('bad-ref'),
  )

  it('takes the branch berth/t-1', () => expect(checkBranch('berth/t-1')).toBe('berth/t-1'))
})
