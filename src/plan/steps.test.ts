import { expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import type { CloneSource, Facts } from './facts.ts'
import { planSteps } from './steps.ts'

const forge = { host: 'github.com', repository: 'team/app' }
const seen = { digest: 'd', head: 'refs/heads/main' }

/** The steps that fetch, with what each waits for. */
const fetching = (change: object, hasToken = false) => {
  const source = { ...FACTS.source, ...change } as Facts['source']
  const steps = planSteps({ ...FACTS, source }, undefined, {
    isRuled: false,
    isInside: false,
    hasToken,
    hasKey: false,
    hasLfs: false,
  })
  return steps.filter(({ id }) => ['token', 'mirror', 'daemon'].includes(id)).map(({ id, needs }) => [id, ...needs])
}

test('a token comes after what the container is given and before the fetch, if git asks a forge', () => {
  const both = [
    ['token', 'prompt'],
    ['mirror', 'token'],
  ]
  expect(fetching({ forge, seen })).toEqual(both)
  expect(fetching({ forge, mirrorExists: false })).toEqual(both)
  expect(fetching({ seen })).toEqual([['mirror']])
})

test('the folder of a first mirror is made before the container, which does not wait for the fetch', () => {
  const needsOf = (mirrorExists: boolean) => {
    const source = { ...FACTS.source, mirrorExists } as Facts['source']
    const none = { isRuled: false, isInside: false, hasToken: false, hasKey: false, hasLfs: false }
    return planSteps({ ...FACTS, source }, undefined, none).find(({ id }) => id === 'create')?.needs
  }
  expect([needsOf(true), needsOf(false)]).toEqual([['folders'], ['folders', 'bare']])
})

test('of several repositories, those that git asks a forge for have a token first', () => {
  const app = { ...FACTS.source, folder: 'app', seen } as CloneSource
  const lib = { ...app, folder: 'lib', forge }
  const none = { isRuled: false, isInside: false, hasToken: false, hasKey: false, hasLfs: false }
  const steps = planSteps({ ...FACTS, source: app, further: [lib, { ...lib, folder: 'docs' }] }, undefined, none)
  const causes = Object.fromEntries(steps.map(({ id, cause }) => [id, cause]))
  expect(causes['token']?.split('; ')).toHaveLength(2)
  expect(causes['mirror']).toMatch(
    /^the mirror of app must hold a+; the mirror of lib must hold a+; the mirror of docs/,
  )
})

test('a later turn, whose mirror has all that it needs, asks no forge', () => {
  expect(fetching({ forge })).toEqual([['mirror']])
})

test('the daemon for a token inside comes after that token', () => {
  expect(fetching({ forge, seen }, true)).toContainEqual(['daemon', 'token'])
  expect(fetching({ forge }, true)).toContainEqual(['daemon', 'folders'])
})
