import { expect, it } from 'vitest'
import { beyondBound, parseBound } from './host-bound.ts'
import { parseTarget } from './parse-target.ts'

const isWithin = (bounds: readonly string[], target: string): boolean => {
  const rules = parseTarget(target, 'flag')
  if (!rules.ok) throw new Error(rules.error)
  return beyondBound(bounds, rules.value) === undefined
}

it.each([
  [['example.org'], 'example.org', true],
  [['example.org'], 'example.org:8443', true],
  [['example.org:443'], 'example.org:443', true],
  [['example.org:443'], 'example.org', false],
  [['example.org'], 'www.example.org', false],
  [['example.org'], '*.example.org', false],
  [['*.example.org'], 'a.b.example.org GET /x', true],
  [['*.example.org'], '*.b.example.org', true],
  [['*.example.org'], '*.example.org', true],
  [['*.example.org'], 'example.org', false],
  [['*.example.org'], 'evilexample.org', false],
  [['*.example.org'], '*.org', false],
  [['10.0.0.1'], '10.0.0.1:80 private', true],
  [['npm'], 'npm', true],
  [['npm'], 'registry.npmjs.org', true],
  [['npm'], 'pypi', false],
  [['registry.npmjs.org'], 'npm', false],
  [['registry.npmjs.org', 'registry.yarnpkg.com', 'nodejs.org'], 'npm', true],
  [['go'], 'go', true],
  [['go'], 'storage.googleapis.com', false],
  [['github'], 'github push', true],
  [[], 'example.org', false],
])('%j bounds %s: %s', (bounds, target, expected) => expect(isWithin(bounds, target)).toBe(expected))

it.each([['nmp'], ['https://a.org'], ['a.org GET'], ['a.org private'], ['a.org /x']])(
  'refuses the entry %j',
  (text) => {
    expect(parseBound(text).ok).toBe(false)
  },
)
