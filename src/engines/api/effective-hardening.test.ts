import { expect, test } from 'vitest'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { effectiveHardening } from './effective-hardening.ts'
import type { ProcessFacts } from './read-process.ts'

type Told = { readonly host?: object; readonly label?: string; readonly profile?: string }

/** What is compared, by the engine's word alone or with the kernel's. */
const compared = (spec: Partial<ContainerSpec>, told: Told, process?: Partial<ProcessFacts>) =>
  effectiveHardening({
    spec: spec as ContainerSpec,
    wire: {
      Id: 'a',
      HostConfig: told.host ?? {},
      ...(told.label !== undefined && { ProcessLabel: told.label }),
      ...(told.profile !== undefined && { AppArmorProfile: told.profile }),
    },
    process: process as ProcessFacts | undefined,
  }).map(({ setting, effective, differs }) => `${setting}: ${effective}${differs ? ' (differs)' : ''}`)

const mounts = (...lines: readonly string[]) => ({ mounts: `${lines.join('\n')}\n` })

test('what nobody asked for has no row', () => expect(compared({}, { host: { ReadonlyRootfs: true } })).toEqual([]))

test.each([
  [{ ReadonlyRootfs: true }, undefined, 'true'],
  [{}, undefined, 'false (differs)'],
  [{}, 'overlay / overlay ro,relatime 0 0', 'true'],
  [{ ReadonlyRootfs: true }, 'overlay / overlay rw,relatime 0 0', 'false (differs)'],
])('a read-only root, by %j and %s', (host, line, word) => {
  const process = line === undefined ? undefined : mounts(line)
  expect(compared({ readOnlyRoot: true }, { host }, process)).toEqual([`read-only root: ${word}`])
})

const OPTIONS = 'rw,noexec,nosuid,nodev,mode=1777,size=1048576'
test.each([
  ['tmpfs /my\\040cache tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k 0 0', OPTIONS],
  ['tmpfs /my\\040cache tmpfs rw,nosuid,nodev,noexec,size=1m 0 0', OPTIONS],
  [
    'tmpfs /my\\040cache tmpfs ro,nosuid,noexec,size=1024k 0 0',
    `${OPTIONS.replace('rw', 'ro').replace('nodev', 'without nodev')} (differs)`,
  ],
  [
    'tmpfs /my\\040cache tmpfs rw,nosuid,nodev,size=2048k 0 0',
    `${OPTIONS.replace('noexec', 'exec').replace('1048576', '2048k')} (differs)`,
  ],
  ['tmpfs /my\\040cache tmpfs rw,nosuid,nodev,noexec 0 0', `${OPTIONS.replace('1048576', '')} (differs)`],
  ['overlay /my\\040cache overlay rw 0 0', 'missing (differs)'],
  ['tmpfs /tmp tmpfs rw 0 0', 'missing (differs)'],
])('a folder in memory, where the kernel has %s', (line, word) => {
  const tmpfs = [{ target: '/my cache', options: OPTIONS.split(',') }]
  expect(compared({ tmpfs }, { host: {} }, mounts(line))).toEqual([`tmpfs /my cache: ${word}`])
})

test('a folder in memory, by the engine’s word', () => {
  const tmpfs = [{ target: '/cache', options: ['rw', 'exec'] }]
  expect(compared({ tmpfs }, { host: { Tmpfs: { '/cache': 'rw,exec' } } })).toEqual(['tmpfs /cache: rw,exec'])
  expect(compared({ tmpfs }, { host: { Tmpfs: null } })).toEqual(['tmpfs /cache: missing (differs)'])
})

const LABEL = 'system_u:system_r:container_t:s0:c1,c2'
test.each([
  [['type:container_t'], { label: LABEL }, undefined, LABEL],
  [['type:container_t', 'level:s0:c1,c2'], {}, LABEL, LABEL],
  [['type:spc_t'], { label: LABEL }, undefined, `${LABEL} (differs)`],
  [['type:spc_t'], { label: 'u:r:spc_t:s0' }, LABEL, `${LABEL} (differs)`],
  [['user:system_u', 'level:s0'], { label: LABEL }, undefined, `${LABEL} (differs)`],
  [['type:spc_t'], {}, undefined, 'none (differs)'],
  [['disable'], { label: '' }, 'u:r:spc_t:s0', 'disable'],
  [['disable'], { label: LABEL }, undefined, `${LABEL} (differs)`],
])('the label %j, where the engine says %j and the kernel %s', (securityLabel, told, label, word) => {
  const process = label === undefined ? undefined : { label }
  expect(compared({ securityLabel }, told, process)).toEqual([`security label: ${word}`])
})

test.each([
  [{ profile: 'mine' }, undefined, 'mine'],
  [{ profile: 'other' }, 'mine (enforce)', 'mine'],
  [{ profile: 'mine' }, 'docker-default (enforce)', 'docker-default (differs)'],
  [{}, undefined, 'none (differs)'],
])('an AppArmor profile, where the engine says %j and the kernel %s', (told, label, word) => {
  const process = label === undefined ? undefined : { label }
  expect(compared({ apparmor: 'mine' }, told, process)).toEqual([`apparmor: ${word}`])
})
