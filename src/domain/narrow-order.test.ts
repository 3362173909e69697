import { describe, expect, test } from 'vitest'
import { ordersOf } from './narrow-order.ts'
import type { CloneWorkspace, WorkOrder } from './worker-protocol.ts'

const clone = (name: string): CloneWorkspace => ({
  ...{ kind: 'clone', mirror: `/berth/${name}.git`, base: 'a'.repeat(40), branch: 'main', url: `/srv/${name}` },
})
const order = (more: Partial<WorkOrder>): WorkOrder =>
  ({ task: 'x', paths: { work: '/work', home: '/home/agent' }, workspace: { kind: 'none' }, ...more }) as WorkOrder

describe('the orders of the repositories', () => {
  test('one repository: the order itself', () => {
    const one = order({ workspace: clone('app') })
    expect(ordersOf(one)).toEqual([one])
  })

  test('no repository: none', () => {
    expect(ordersOf(order({}))).toEqual([])
    expect(ordersOf(order({ workspace: { kind: 'mount' } }))).toEqual([])
  })

  test('several: each with its folder and its bundle, and none knows of the others', () => {
    const [app, lib, docs] = ['app', 'lib', 'docs'].map((folder) => ({ ...clone(folder), folder }))
    if (app === undefined || lib === undefined || docs === undefined) throw new Error('three')
    const all = ordersOf(order({ workspace: app, further: [lib, docs] }))
    expect(all.map(({ paths, bundle, workspace }) => [paths.work, bundle, workspace.url])).toEqual([
      ['/work/app', undefined, app.url],
      ['/work/lib', 'work-1.bundle', lib.url],
      ['/work/docs', 'work-2.bundle', docs.url],
    ])
    expect(all.flatMap(ordersOf)).toEqual(all)
    expect(all.every((one) => one.further === undefined && one.paths.home === '/home/agent')).toBe(true)
  })
})
