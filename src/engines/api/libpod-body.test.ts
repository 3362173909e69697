import { expect, test } from 'vitest'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { EngineInfo } from '../engine.ts'
import { libpodBody, needsLibpod } from './libpod-body.ts'

const spec: ContainerSpec = {
  name: 'berth-1',
  image: 'agent',
  argv: ['/init', '--', 'worker'],
  env: { A: 'b' },
  workdir: '/home/agent',
  user: { uid: 1000, gid: 1000 },
  userNamespace: 'keep-id',
  network: 'none',
  mounts: [
    { role: 'workspace', source: '/w', target: '/work', readOnly: false, over: { shared: '/s', work: '/l' } },
    { role: 'toolbox', source: '/t', target: '/opt/berth', readOnly: true },
  ],
  labels: { a: 'b' },
  memoryBytes: { value: 1024, asked: false },
  cpus: { value: 1.5, asked: true },
  pids: { value: 9, asked: true },
  capDrop: ['ALL'],
  noNewPrivileges: true,
  gpus: 'all',
  devices: [{ source: '/dev/fuse', target: '/dev/f', access: 'rw' }],
  publish: [{ address: '127.0.0.1', hostPort: 1, port: 2, protocol: 'udp' }],
  ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
  shmBytes: 65_536,
  readOnlyRoot: true,
  tmpfs: [{ target: '/tmp', options: ['rw', 'size=4096'] }],
  securityLabel: ['type:a', 'level:b'],
  apparmor: 'mine',
}
const info = {
  kind: 'podman',
  logDriver: 'k8s-file',
  limits: { memory: true, cpus: true, pids: true },
  gpus: 'cdi',
  ulimits: false,
} as EngineInfo
test('only what the compatible call passes over needs Podman’s own one', () => {
  const { gpus: _g, ulimits: _u, ...plain } = spec
  expect(needsLibpod(plain)).toBe(false)
  for (const more of [{ gpus: 1 }, { ulimits: spec.ulimits ?? [] }])
    expect(needsLibpod({ ...plain, ...more })).toBe(true)
})

test('the same container in Podman’s own words', () => {
  expect(libpodBody(spec, info, { userns: 'keep-id', seccomp: '/p' })).toMatchSnapshot()
})

test('no limit that the engine cannot keep, and no namespace or profile that nobody asked for', () => {
  const without = { ...spec, cpus: null, pids: null, network: 'engine' as const }
  const none = { ...info, limits: { memory: false, cpus: false, pids: false } }
  const made = libpodBody(without, none, { userns: '', seccomp: null })
  expect(made).toMatchObject({ resource_limits: {}, netns: { nsmode: 'bridge' } })
  expect(made).not.toHaveProperty('userns')
  expect(made).not.toHaveProperty('seccomp_profile_path')
})
