import { expect, test } from 'vitest'
import { FACTS } from '../../../test/fixtures/plan-facts.ts'
import { TIERS } from '../../domain/policy.ts'
import { taskRequest } from '../../domain/request.ts'
import { refusePolicy } from './refuse-policy.ts'

const DOCKER = { ...FACTS.engine.info, sameHost: true }
const ROOTLESS = { ...DOCKER, userNamespace: 'keep-id', rootless: true } as const
const ALL = [...TIERS.privileged.capabilities, 'SYS_ADMIN']
const volume = (readOnly: boolean) => ({ volumes: [{ source: '/data', target: '/data', readOnly }] })
type Info = typeof DOCKER | typeof ROOTLESS
const refuse = (asked: object, info: Info = DOCKER, held: readonly string[] = ALL, base: string | null = null) =>
  refusePolicy(taskRequest.parse({ prompt: 'x', policy: 'privileged', ...asked }), { info, held, base })

test('a tier with a root inside is given where the machine has what it takes', () => {
  expect(() => refuse({})).not.toThrow()
  expect(() => refuse(volume(true))).not.toThrow()
  expect(() => refuse({ ...volume(false), source: 'mount', repo: '/x' }, ROOTLESS, [])).not.toThrow()
  expect(() => refuse({}, { ...DOCKER, sameHost: false }, [])).not.toThrow()
  expect(() => refuse({}, ROOTLESS, [], '/srv/work')).not.toThrow()
})

test('refused: workspaces in a folder of the user, where the container’s root is the machine’s', () => {
  expect(() => refuse({}, DOCKER, ALL, '/srv/work')).toThrow('with workspace-base-dir /srv/work root in the container')
})

test.each([
  [{}, { ...DOCKER, seccomp: false }, ALL, 'has no filter of system calls here'],
  [{}, DOCKER, ALL.filter((name) => name !== 'SETUID'), 'this machine lacks CAP_SETUID (CapBnd'],
  [volume(false), DOCKER, ALL, 'with --volume /data root in the container would write as root into your folder'],
  [{ source: 'mount', repo: '/x' }, DOCKER, ALL, 'with --source mount root in the container'],
  [{ sharedTree: true, repo: '/x' }, ROOTLESS, ALL, 'a shared tree is made for one user'],
])('refused: %j', (asked, info, held, words) => {
  expect(() => refuse(asked, info, held)).toThrow(`--policy privileged: `)
  expect(() => refuse(asked, info, held)).toThrow(words)
  expect(() => refuse({ ...asked, policy: 'open' }, info, held)).not.toThrow()
})
