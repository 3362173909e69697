import { expect, test } from 'vitest'
import { seccompProfile, seccompText } from './seccomp-profile.ts'

const { syscalls, defaultErrnoRet } = seccompProfile()
const EPERM = 1

test('no call has two rules without a condition', () => {
  const plain = syscalls.filter(({ args }) => args === undefined).flatMap(({ names }) => names)
  expect(plain.filter((name, i) => plain.indexOf(name) !== i)).toEqual([])
  const conditional = new Set(syscalls.filter(({ args }) => args !== undefined).flatMap(({ names }) => names))
  expect(plain.filter((name) => conditional.has(name))).toEqual([])
})

test('socketcall is refused before any rule of sockets, by an error that no engine has for its default', () => {
  const [first] = syscalls
  expect(first).toMatchObject({ names: ['socketcall'], action: 'SCMP_ACT_ERRNO' })
  expect(first).not.toHaveProperty('args')
  expect([EPERM, defaultErrnoRet]).not.toContain(first?.errnoRet)
})

test('what is conditional is allowed for these alone', () => {
  const allowed = (name: string) =>
    syscalls
      .filter(({ names, action }) => names.includes(name) && action === 'SCMP_ACT_ALLOW')
      .map(({ args }) => args?.map(({ index, value }) => [index, value]))
  expect(allowed('socket')).toEqual([
    [[0, 1]],
    [[0, 2]],
    [[0, 10]],
    [
      [0, 16],
      [2, 0],
    ],
  ])
  expect(allowed('socketpair')).toEqual([[[0, 1]]])
  expect(allowed('clone')).toEqual([[[0, 0x7e020000]]])
  for (const name of ['clone3', 'unshare', 'setns', 'keyctl', 'io_uring_setup']) expect(allowed(name)).toEqual([])
})

test('its text is small enough to go with every container', () => expect(seccompText().length).toBeLessThan(16_384))
