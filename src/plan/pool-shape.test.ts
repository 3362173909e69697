import { expect, test } from 'vitest'
import type { Plan } from './plan.ts'
import { planAhead, poolShape, whyNoShape } from './pool-shape.ts'

const plan = (task: string, container: object = {}, more: object = {}): Plan =>
  ({
    task,
    engine: { kind: 'docker', endpoint: 'unix:///a' },
    image: { reference: 'a', digest: 'sha256:1' },
    isolation: 'container',
    container: {
      name: `berth-${task}-1-1`,
      labels: { 'berth.task': task },
      mounts: [{ role: 'workspace', source: `/s/tasks/${task}/workspace`, target: '/work', readOnly: false }],
      memoryBytes: { value: 1, asked: false },
      ...container,
    },
    owner: null,
    source: { kind: 'none' },
    steps: [
      { id: 'folders', needs: [], cause: '' },
      { id: 'mirror', needs: [], cause: '' },
      { id: 'create', needs: ['folders', 'mirror'], cause: '' },
      { id: 'order', needs: ['create', 'mirror'], cause: '' },
    ],
    ...more,
  }) as unknown as Plan

test('tasks that differ by their ids alone have one shape', () => {
  expect(poolShape(plan('t-two'))).toBe(poolShape(plan('t-one')))
})

test.each<[string, Plan]>([
  ['another engine', plan('t', {}, { engine: { kind: 'podman', endpoint: 'unix:///a' } })],
  ['another image', plan('t', {}, { image: { reference: 'a', digest: 'sha256:2' } })],
  ['a device', plan('t', { devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'rwm' }] })],
  ['a runtime', plan('t', { runtime: 'crun' })],
  ['a limit', plan('t', { memoryBytes: { value: 2, asked: true } })],
  ['a label', plan('t', { labels: { 'berth.task': 't', team: 'x' } })],
  ['another folder of its repository', plan('t', {}, { source: { kind: 'clone', folder: 'app' } })],
  ['a mount', plan('t', { mounts: [{ role: 'volume', source: '/v', target: '/v', readOnly: true }] })],
  ['capabilities', plan('t', { capDrop: ['MKNOD'] })],
  ['new privileges', plan('t', { noNewPrivileges: false })],
  ['a profile of system calls', plan('t', { seccomp: '/p' })],
  ['a root for reading only', plan('t', { readOnlyRoot: true })],
  ['a folder in memory', plan('t', { tmpfs: [{ target: '/c', options: ['rw'] }] })],
  ["a profile of the user's", plan('t', { ownSeccomp: { from: '/p', text: '{}' } })],
  ['a security label', plan('t', { securityLabel: ['disable'] })],
  ['an AppArmor profile', plan('t', { apparmor: 'p' })],
  ['a time zone', plan('t', { env: { TZ: 'Asia/Tokyo' } })],
  ['a user', plan('t', { user: { uid: 7, gid: 7 } })],
  ['an owner of its folders', plan('t', {}, { owner: { uid: 1000, gid: 1000 } })],
])('%s makes another shape', (_, other) => expect(poolShape(other)).not.toBe(poolShape(plan('t'))))

const port = { address: '127.0.0.1', hostPort: 1, port: 2, protocol: 'tcp' }
test.each<[string, Plan]>([
  ['mounts-folder', plan('t', {}, { source: { kind: 'mount', folder: '/f' } })],
  ['published-port', plan('t', { publish: [port] })],
  ['shared-tree', plan('t', {}, { source: { kind: 'clone', tree: { sha: 'a', folder: '/t' } } })],
  ['login-inside', plan('t', {}, { steps: [{ id: 'login', needs: ['create'], cause: '' }] })],
])('%s: a task that has no shape', (reason, other) =>
  expect([poolShape(other), whyNoShape(other)]).toEqual([undefined, reason]),
)

test('a task on the host has no shape', () => {
  expect(poolShape(plan('t', {}, { isolation: 'host' }))).toBeUndefined()
})

test('what is carried out ahead needs no prompt, key or order, and waits for no mirror', () => {
  expect(planAhead(plan('t')).steps).toEqual([
    { id: 'folders', needs: [], cause: '' },
    { id: 'create', needs: ['folders'], cause: '' },
  ])
})
