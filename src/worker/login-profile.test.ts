import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { loginProfile } from './login-profile.ts'

/** PATH after a login shell has read ~/.profile, where /etc/profile had set that one. */
const after = (path: string, set: string): string =>
  execFileSync('/bin/sh', ['-euc', `PATH=${set}\n${loginProfile(path)}\nprintf %s "$PATH"`], { encoding: 'utf8' })

test('a PATH that /etc/profile has set anew is the image’s again; what it added stays behind it', () => {
  expect(after('/go/bin:/usr/bin:/opt/berth/bin', '/usr/bin:/etc/added')).toBe(
    '/go/bin:/usr/bin:/opt/berth/bin:/etc/added',
  )
})

test('a PATH that profiles have only added to stays as it is', () => {
  expect(after('/usr/bin:/opt/berth/bin', '/conda/bin:/usr/bin:/opt/berth/bin')).toBe(
    '/conda/bin:/usr/bin:/opt/berth/bin',
  )
})

test('blanks and quotes in a folder’s name', () => {
  expect(after("/odd bin:/it's", '/usr/bin')).toBe("/odd bin:/it's:/usr/bin")
})
