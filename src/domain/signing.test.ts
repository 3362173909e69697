import { expect, test } from 'vitest'
import { parseSigning, signingInHome, signingOf } from './signing.ts'

test.each([
  ['api', { kind: 'api' }],
  ['ssh:/home/ada/.ssh/id', { kind: 'ssh', key: 'file:/home/ada/.ssh/id' }],
  ['ssh:~/.ssh/id', { kind: 'ssh', key: 'file:~/.ssh/id' }],
  ['ssh:file:/k', { kind: 'ssh', key: 'file:/k' }],
  ['ssh:env:KEY', { kind: 'ssh', key: 'env:KEY' }],
  ['ssh:command:pass show key', { kind: 'ssh', key: 'command:pass show key' }],
  ['gpg:0123456789ABCDEF!', { kind: 'gpg', key: '0123456789ABCDEF!' }],
  ['gpg:Ada <ada@example.org>', { kind: 'gpg', key: 'Ada <ada@example.org>' }],
])('%s', (text, signing) => {
  expect(parseSigning(text)).toEqual({ ok: true, value: signing })
  expect(signingOf(text)).toEqual(signing)
})

test.each(['', 'ssh', 'ssh:', 'ssh:id_rsa', 'ssh:~ada/k', 'ssh:/k\n', 'gpg:', 'gpg:-x', 'gpg:A\nB', 'api:x', 'SECRET'])(
  '%j is no signing, and no error shows it',
  (text) => {
    const read = parseSigning(text)
    expect(read).toEqual({ ok: false, error: expect.stringMatching(/^(write ssh:\/PATH|ssh: needs|gpg: needs)/) })
    expect(JSON.stringify(read)).not.toContain('SECRET')
  },
)

test('a path below the home is written in full', () => {
  expect(signingInHome('ssh:~/k', '/home/ada')).toEqual({ ok: true, value: 'ssh:file:/home/ada/k' })
  expect(signingInHome('ssh:/k', undefined)).toEqual({ ok: true, value: 'ssh:/k' })
  expect(signingInHome('ssh:~/k', undefined)).toMatchObject({ ok: false })
})
