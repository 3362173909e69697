import { expect, test } from 'vitest'
import { routeCall } from './route-call.ts'

test('a request fills in the path, and repeats what a query has several of', () => {
  const query = { all: 'true', state: undefined, label: ['a=b', 'c&d'] }
  expect(routeCall('list', { query }).path).toBe('/v1/tasks?all=true&label=a%3Db&label=c%26d')
  expect(routeCall('list', {})).toEqual({ method: 'GET', path: '/v1/tasks', body: undefined })
  const body = { prompt: 'b' }
  const path = '/v1/tasks/a%2Fb/queue/2'
  expect(routeCall('edit', { id: 'a/b', turn: 2, body })).toEqual({ method: 'PUT', path, body })
})
