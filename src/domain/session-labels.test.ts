import { expect, test } from 'vitest'
import { MANIFEST_NAME, sessionLabels } from './session-labels.ts'

test('a label for each name that the request has, and no other', () => {
  expect(sessionLabels({})).toEqual({})
  expect(sessionLabels({ session: 'plan', owner: 'ann@example.org' })).toEqual({
    'berth.session': 'plan',
    'berth.owner': 'ann@example.org',
  })
  expect(sessionLabels({ session: 'plan', role: 'planner', owner: 'ann', manifest: { name: 'release' } })).toEqual({
    'berth.session': 'plan',
    'berth.role': 'planner',
    'berth.owner': 'ann',
    'berth.manifest': 'release',
  })
})

test('a manifest may have the name of any file, without control characters', () => {
  expect(MANIFEST_NAME.test('my release 2')).toBe(true)
  for (const name of ['', 'a\nb', 'a\u001bb', 'x'.repeat(256)]) expect(MANIFEST_NAME.test(name)).toBe(false)
})
