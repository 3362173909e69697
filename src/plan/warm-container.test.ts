import { expect, test } from 'vitest'
import type { ContainerSpec } from '../domain/container-spec.ts'
import { LABEL } from '../domain/container-spec.ts'
import type { Plan } from './plan.ts'
import { inWarmContainer } from './warm-container.ts'

const plan = (turn: number, container: Partial<ContainerSpec> = {}, more: object = {}): Plan =>
  ({
    turn,
    image: { reference: 'a', digest: 'sha256:1' },
    container: {
      name: `berth-t-${turn}-1`,
      image: 'a',
      labels: { [LABEL.turn]: String(turn), [LABEL.task]: 't' },
      mounts: [
        { role: 'workspace', source: '/w', target: '/work', readOnly: false },
        { role: 'exchange', source: `/x/${turn}-1`, target: '/berth/exchange', readOnly: false },
      ],
      memoryBytes: { value: 1, asked: false },
      ...container,
    },
    folders: { workspace: '/w', exchange: `/x/${turn}-1` },
    order: { turn, startup: { path: 's', text: 'true' } },
    steps: [{ id: 'create', needs: ['folders'], cause: '' }],
    ...more,
  }) as unknown as Plan
const kept = { after: 9, since: 1, until: 2 }

test('what would be made anew and is there already is taken, with its folder and without its launch', () => {
  const taken = inWarmContainer(plan(2), { plan: plan(1), kept })
  expect(taken).toMatchObject({ turn: 2, kept, container: { name: 'berth-t-1-1' }, folders: { exchange: '/x/1-1' } })
  // The startup script ran there before.
  expect(taken.order).toEqual({ turn: 2 })
  expect(taken.steps.map(({ id }) => id)).toEqual(['exchange', 'gateway', 'check', 'order'])
})

test.each<[string, Plan]>([
  ['another image', plan(2, {}, { image: { reference: 'a', digest: 'sha256:2' } })],
  ['another limit', plan(2, { memoryBytes: { value: 2, asked: true } })],
  ['other rights', plan(2, { capDrop: ['MKNOD'], noNewPrivileges: false })],
  ['a root for reading only', plan(2, { readOnlyRoot: true })],
  ["another text of the user's profile", plan(2, { ownSeccomp: { from: '/p', text: '{}' } })],
  ['a device more', plan(2, { devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'rwm' }] })],
  ['another runtime', plan(2, { runtime: 'crun' })],
  ['another label', plan(2, { labels: { [LABEL.turn]: '2', [LABEL.task]: 't', team: 'x' } })],
  ['a mount more', plan(2, { mounts: [{ role: 'volume', source: '/v', target: '/v', readOnly: true }] })],
  ['files to be copied first', plan(2, {}, { steps: [{ id: 'copy', needs: [], cause: '' }] })],
  ['a mirror to be fetched first', plan(2, {}, { steps: [{ id: 'create', needs: ['bare'], cause: '' }] })],
])('%s: a fresh one', (_, fresh) => {
  expect(inWarmContainer(fresh, { plan: plan(1), kept })).toBe(fresh)
})
