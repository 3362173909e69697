import { expect, test } from 'vitest'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { EngineInfo } from '../engine.ts'
import { machineBody } from './machine-body.ts'
import { machineSettings } from './machine-settings.ts'
import type { ProcessFacts } from './read-process.ts'
import type { WireHostConfig } from './wire-types.ts'

const KERNEL = {
  limits:
    'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 2048                 files\n',
  mounts: 'shm /dev/shm tmpfs rw,nosuid,size=65536k 0 0\nudev /dev/fuse devtmpfs rw,nosuid 0 0\n',
} as ProcessFacts

const settings = (
  asked: object,
  HostConfig: WireHostConfig,
  process?: ProcessFacts,
  gpus: EngineInfo['gpus'] = 'requests',
) =>
  machineSettings({
    spec: asked as ContainerSpec,
    info: { gpus } as EngineInfo,
    wire: { Id: 'a', HostConfig },
    process,
    seccomp: null,
  })
const short = (...input: Parameters<typeof settings>) =>
  settings(...input).map(({ setting, effective, differs }) => `${setting}: ${effective}${differs ? ' differs' : ''}`)

const ULIMIT = { ulimits: [{ name: 'nofile', soft: 1024, hard: 2048 }] }

test('limits of processes are the kernel’s, else what the engine says under either of its names', () => {
  expect(short(ULIMIT, {}, KERNEL)).toEqual(['ulimit nofile: 1024:2048'])
  expect(short(ULIMIT, { Ulimits: [{ Name: 'RLIMIT_NOFILE', Soft: 1024, Hard: 2048 }] })).toEqual([
    'ulimit nofile: 1024:2048',
  ])
  expect(short(ULIMIT, { Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 4096 }] })).toEqual([
    'ulimit nofile: 1024:4096 differs',
  ])
  expect(short(ULIMIT, {})).toEqual(['ulimit nofile: none differs'])
})

test('the size of /dev/shm is the kernel’s, else what the engine says', () => {
  expect(short({ shmBytes: 65_536 * 1024 - 1 }, { ShmSize: 1 }, KERNEL)).toEqual(['shm-size: 67108864'])
  expect(short({ shmBytes: 2 ** 20 }, {}, KERNEL)).toEqual(['shm-size: 67108864 differs'])
  expect(short({ shmBytes: 2 ** 20 }, { ShmSize: 2 ** 20 })).toEqual(['shm-size: 1048576'])
})

const FUSE = { source: '/dev/fuse', target: '/dev/fuse', access: 'rw' }

test('a device is there by the engine’s list or, rootless, by a mount; another one differs', () => {
  const told = (CgroupPermissions: string, PathInContainer = '/dev/fuse') => ({
    Devices: [{ PathOnHost: '/dev/fuse', PathInContainer, CgroupPermissions }],
  })
  expect(short({ devices: [FUSE] }, told('rw'))).toEqual(['device /dev/fuse: /dev/fuse (rw)'])
  expect(short({ devices: [FUSE] }, told(''))).toEqual(['device /dev/fuse: /dev/fuse (rw)'])
  expect(short({ devices: [FUSE] }, told('rwm'))).toEqual(['device /dev/fuse: /dev/fuse (rwm) differs'])
  expect(short({ devices: [FUSE] }, {}, KERNEL)).toEqual(['device /dev/fuse: /dev/fuse (rw)'])
  expect(short({ devices: [FUSE] }, {})).toEqual(['device /dev/fuse: missing differs'])
  expect(short({}, told('rwm', '/dev/kvm'))).toEqual(['device /dev/kvm: /dev/fuse differs'])
})

test('ports are those that the engine has, and no other', () => {
  const publish = [
    { address: '127.0.0.1', hostPort: 8080, port: 80, protocol: 'tcp' },
    { address: '::1', hostPort: 8080, port: 80, protocol: 'tcp' },
  ] as const
  const { PortBindings } = machineBody({ publish } as unknown as ContainerSpec, { gpus: 'none' }).host
  expect(PortBindings).toEqual({
    '80/tcp': [
      { HostIp: '127.0.0.1', HostPort: '8080' },
      { HostIp: '::1', HostPort: '8080' },
    ],
  })
  expect(short({ publish }, { PortBindings: PortBindings ?? null })).toEqual([
    'publish 127.0.0.1:8080:80/tcp: 127.0.0.1:8080:80/tcp',
    'publish [::1]:8080:80/tcp: [::1]:8080:80/tcp',
  ])
  const open = { '80/tcp': [{ HostIp: '', HostPort: '8080' }] }
  expect(short({ publish: publish.slice(0, 1) }, { PortBindings: open })).toEqual([
    'publish 127.0.0.1:8080:80/tcp: missing differs',
    'publish 0.0.0.0:8080:80/tcp: 0.0.0.0:8080:80/tcp differs',
  ])
})

test.each([
  ['all', { Driver: '', Count: -1, DeviceIDs: null }, 'all'],
  [2, { Driver: '', Count: 2, DeviceIDs: null }, '2'],
  [['0', '1'], { Driver: '', Count: 0, DeviceIDs: ['0', '1'] }, 'device=0,1'],
  [['nvidia.com/gpu=0'], { Driver: 'cdi', Count: 0, DeviceIDs: ['nvidia.com/gpu=0'] }, 'device=nvidia.com/gpu=0'],
] as const)('GPUs %j are a request that Docker tells again', (gpus, request, words) => {
  const { host } = machineBody({ gpus } as unknown as ContainerSpec, { gpus: 'requests' })
  expect(host.DeviceRequests).toEqual([{ ...request, Capabilities: [['gpu']] }])
  expect(short({ gpus }, { DeviceRequests: host.DeviceRequests ?? null })).toEqual([`gpus: ${words}`])
  expect(short({ gpus }, {})).toEqual(['gpus: none differs'])
  expect(short({}, { DeviceRequests: host.DeviceRequests ?? null })[0]).toMatch(/^gpus: .*differs$/)
  expect(machineBody({ gpus } as unknown as ContainerSpec, { gpus: 'cdi' }).host).not.toHaveProperty('DeviceRequests')
})

test('Podman tells of CDI the device files alone', () => {
  const Devices = [{ PathOnHost: '/dev/x', PathInContainer: '/dev/nvidia0' }, { PathInContainer: '/dev/fuse' }]
  const asked = { gpus: 'all', devices: [FUSE] }
  expect(short(asked, { Devices }, KERNEL, 'cdi')[0]).toBe('gpus: nvidia.com/gpu=all: /dev/nvidia0')
  expect(short({ gpus: 2 }, {}, undefined, 'cdi')).toEqual([
    'gpus: nvidia.com/gpu=0 nvidia.com/gpu=1, given to the engine',
  ])
})

test('the runtime is what the engine names', () => {
  expect(short({ runtime: 'crun' }, { Runtime: 'crun' })).toEqual(['runtime: crun'])
  expect(short({ runtime: 'crun' }, { Runtime: 'runc' })).toEqual(['runtime: runc differs'])
})
