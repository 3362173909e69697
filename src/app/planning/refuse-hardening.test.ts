import { expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { taskRequest } from '../../domain/request.ts'
import { refuseHardening } from './refuse-hardening.ts'

const { info } = FACTS.engine
const refuse = (asked: object, change: object = {}) =>
  refuseHardening(taskRequest.parse({ prompt: 'x', ...asked }), { ...info, ...change })

test.each([
  [
    { securityLabel: ['disable'] },
    { selinux: false },
    '--security-label disable: docker 28.0.0 sets no SELinux labels',
  ],
  [{ seccompProfile: '/p' }, { seccomp: false }, '--seccomp-profile /p: docker 28.0.0 filters no system calls here'],
  [{ apparmorProfile: 'p' }, { apparmor: false }, '--apparmor-profile p: docker 28.0.0 has no AppArmor here'],
])('%j on an engine without it is refused', (asked, change, words) => {
  expect(() => refuse(asked, change)).toThrow(words)
  expect(() => refuse(asked, { selinux: true, seccomp: true, apparmor: true })).not.toThrow()
  expect(() => refuse({}, change)).not.toThrow()
})
