import { describe, expect, test } from 'vitest'
import { submoduleUrl } from './submodule-url.ts'

const WEB = 'https://git.example.com/team/app.git'
const SCP = 'git@git.example.com:team/app.git'

describe('a relative URL counts from that of the repository', () => {
  test.each([
    [WEB, '../lib.git', 'https://git.example.com/team/lib.git'],
    [`${WEB}/`, '../../other/lib', 'https://git.example.com/other/lib'],
    [WEB, './lib', 'https://git.example.com/team/app.git/lib'],
    ['https://git.example.com/app', '../lib', 'https://git.example.com/lib'],
    ['ssh://git@git.example.com:2222/team/app', '../lib', 'ssh://git@git.example.com:2222/team/lib'],
    [SCP, '../lib.git', 'git@git.example.com:team/lib.git'],
    [SCP, '../../lib.git', 'git@git.example.com:lib.git'],
  ])('%s and %s', (base, url, whole) => {
    expect(submoduleUrl(url, { rule: 'own-host', base })).toEqual({ ok: true, value: whole })
  })
})

describe('is refused', () => {
  test.each<[string, string, string | null, RegExp]>([
    ['a relative URL above the host', '../../../lib', WEB, /above the host/],
    ['a relative URL above the host by ssh', '../../../lib', SCP, /above the host/],
    ['a relative URL of a folder', '../lib', null, /counts from/],
    ['a relative URL with a folder up in it', '../a/../../lib', WEB, /\. or \.\. part/],
    ['the empty relative URL', '..', WEB, /\. or \.\. part/],
    ['an absolute path', '/srv/private', WEB, /folder of this machine/],
    ['a file URL', 'file:///srv/private', WEB, /folder of this machine/],
    ['a helper of git', 'ext::sh -c touch% /tmp/x', WEB, /transport helpers/],
    ['another transport', 'git://git.example.com/lib', WEB, /transport git:/],
    ['an option', '-u./x', WEB, /neither a URL/],
    ['an option as the host', 'ssh://-oProxyCommand=x/lib', WEB, /dash/],
    ['an option as the user of an scp form', '-x@git.example.com:lib', WEB, /dash/],
    ['a password', 'https://ann:secret@git.example.com/lib', WEB, /password/],
    ['the password of the repository', '../lib', 'https://ann:secret@git.example.com/team/app', /password/],
    ['a line break', 'https://git.example.com/a\nb', WEB, /well-formed|space/],
  ])('%s, also where all are taken', (_, url, base, words) => {
    const read = submoduleUrl(url, { rule: 'all', base })
    expect(read).toEqual({ ok: false, error: expect.stringMatching(words) })
    expect(JSON.stringify(read)).not.toContain('secret')
  })
})

describe('another host', () => {
  test.each([
    ['https://other.example.com/lib', WEB],
    ['https://git.example.com.evil.example/lib', WEB],
    ['https://git.example.com:8443/lib', WEB],
    ['http://git.example.com/lib', WEB],
    ['git@other.example.com:lib', WEB],
    ['https://git.example.com/lib', null],
  ])('%s is taken only with all', (url, base) => {
    expect(submoduleUrl(url, { rule: 'own-host', base })).toEqual({
      ok: false,
      error: expect.stringContaining('is not on the host of the repository'),
    })
    expect(submoduleUrl(url, { rule: 'all', base })).toEqual({ ok: true, value: url })
  })

  test.each([
    ['git@git.example.com:team/lib', WEB],
    ['https://GIT.example.com./lib', WEB],
    ['https://git.example.com/lib', SCP],
    ['http://git.example.com/lib', 'http://git.example.com/app'],
  ])('%s is on the host of %s', (url, base) => {
    expect(submoduleUrl(url, { rule: 'own-host', base })).toEqual({ ok: true, value: url })
  })
})
