import { expect, test } from 'vitest'
import { parseSeccomp } from './seccomp-file.ts'
import { seccompText } from './seccomp-profile.ts'

test('a profile is taken whole, without its white space', () => {
  const profile = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [{ names: ['read'], action: 'SCMP_ACT_ALLOW', more: 1 }],
  }
  const text = JSON.stringify(profile)
  expect(parseSeccomp(JSON.stringify(profile, null, 2))).toEqual({ ok: true, value: { text, open: false } })
  expect(parseSeccomp(seccompText())).toMatchObject({ ok: true, value: { text: seccompText(), open: false } })
})

test.each(['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'])('%s as its default leaves calls open', (defaultAction) => {
  expect(parseSeccomp(JSON.stringify({ defaultAction, syscalls: null }))).toMatchObject({ value: { open: true } })
})

test.each([
  ['', 'it is not JSON'],
  ['root:x:0:0:root', 'it is not JSON'],
  ['{\n  "a": 1 "root:x"\n}', 'it is not JSON (line 2, column 10)'],
  ['[]', 'it is JSON, but no seccomp profile: '],
  ['{}', 'it is JSON, but no seccomp profile: defaultAction: '],
  ['{"defaultAction":"allow"}', 'it is JSON, but no seccomp profile: defaultAction: '],
  ['{"defaultAction":"SCMP_ACT_ERRNO","syscalls":{}}', 'it is JSON, but no seccomp profile: syscalls: '],
  [
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}',
    'it is JSON, but no seccomp profile: syscalls.0.action: ',
  ],
  [
    '{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],"archMap":[{}]}',
    'it is JSON, but no seccomp profile: it has both architectures and archMap',
  ],
  [
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"name":"read","names":["read"],"action":"SCMP_ACT_ALLOW"}]}',
    'it is JSON, but no seccomp profile: syscalls.0: it has both name and names',
  ],
])('%j is one sentence, without a word of the file', (text, words) => {
  const read = parseSeccomp(text)
  expect(read.ok ? '' : read.error).toContain(words)
  expect(read.ok ? '' : read.error).not.toMatch(/root:|NOTIFY|"allow"/)
})
