import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judge } from './judge.ts'
import { addLiveRule, type LiveRule, standsAlready, stillDenied, withLiveRules } from './live-rules.ts'
import { parseTarget } from './parse-target.ts'
import type { NetworkRule } from './rule.ts'

const rulesOf = (target: string, effect: NetworkRule['effect'] = 'allow'): readonly NetworkRule[] => {
  const read = parseTarget(target, 'flag', effect)
  if (!read.ok) throw new Error(read.error)
  return read.value
}
const allow = (target: string): LiveRule => ({ target, effect: 'allow' })
const deny = (target: string): LiveRule => ({ target, effect: 'deny' })
const verdict = (rules: readonly NetworkRule[], host: string, method?: string, path?: string) =>
  judge(rules, { host, port: 443, ...(method === undefined ? {} : { method, path: path ?? '/' }) }).verdict

test('an allow opens, a deny closes it and what the plan allows, an allow opens it again', () => {
  const plan = rulesOf('a.example')
  expect(verdict(withLiveRules([], [allow('a.example')]), 'a.example')).toBe('allowed')
  expect(verdict(withLiveRules(plan, [deny('a.example')]), 'a.example')).toBe('denied')
  expect(verdict(withLiveRules(plan, [deny('a.example'), allow('a.example')]), 'a.example')).toBe('allowed')
  expect(verdict(withLiveRules(plan, [allow('a.example'), deny('a.example')]), 'a.example')).toBe('denied')
})

test('a narrower allow behind a deny opens no more than it says', () => {
  const rules = withLiveRules(rulesOf('a.example'), [deny('a.example'), allow('a.example GET /docs/*')])
  expect(verdict(rules, 'a.example', 'GET', '/docs/x')).toBe('allowed')
  expect(verdict(rules, 'a.example', 'POST', '/docs/x')).toBe('denied')
  expect(verdict(rules, 'a.example', 'GET', '/other')).toBe('denied')
})

test('a deny of a path leaves the rest of its host, and an allow of the host leaves that deny', () => {
  const rules = withLiveRules(rulesOf('a.example inspect'), [
    deny('a.example GET /secret/*'),
    allow('a.example inspect'),
  ])
  expect(verdict(rules, 'a.example', 'GET', '/open')).toBe('allowed')
  expect(verdict(rules, 'a.example', 'GET', '/secret/x')).toBe('denied')
})

test('a group comes and goes as a whole', () => {
  const npm = withLiveRules([], [allow('npm')])
  expect(verdict(npm, 'registry.npmjs.org', 'GET', '/left-pad')).toBe('allowed')
  const gone = withLiveRules(npm, [deny('npm')])
  expect(verdict(gone, 'registry.npmjs.org')).toBe('denied')
  expect(gone.every(({ effect }) => effect === 'deny')).toBe(true)
})

test("a plan's own deny stands, and is named", () => {
  const rules = withLiveRules(rulesOf('*.example', 'deny'), [allow('a.example')])
  expect(verdict(rules, 'a.example')).toBe('denied')
  expect(stillDenied(rules, 'a.example')).toMatchObject({ target: '*.example', origin: 'flag' })
  expect(stillDenied(withLiveRules([], [allow('*.example')]), '*.example')).toBeUndefined()
  expect(stillDenied(withLiveRules(rulesOf('*.example', 'deny'), [allow('*.example')]), '*.example')).toBeDefined()
  // Port 80 can pass.
  expect(
    stillDenied(withLiveRules(rulesOf('a.example:443', 'deny'), [allow('a.example')]), 'a.example'),
  ).toBeUndefined()
})

test('an allow takes back a deny of a private address, also of its methods', () => {
  for (const target of ['10.0.0.1', '10.0.0.1 POST']) {
    const rules = withLiveRules([], [allow('10.0.0.1 inspect private'), deny(target), allow(`${target} private`)])
    expect(verdict(rules, '10.0.0.1', 'POST')).toBe('allowed')
  }
})

test('the same words again change nothing', () => {
  const rule = fc.record({
    target: fc.constantFrom('npm', 'a.example', 'a.example:8443', 'a.example GET /x', '*.b.example'),
    effect: fc.constantFrom('allow', 'deny'),
  })
  const plans = fc.constantFrom<readonly NetworkRule[]>([], rulesOf('a.example'), rulesOf('npm', 'deny'))
  fc.assert(
    fc.property(plans, fc.array(rule, { maxLength: 12 }), rule, (plan, words, last) => {
      const all = words.reduce<readonly LiveRule[]>(addLiveRule, [])
      // What is kept says the same as every word in its order.
      expect(withLiveRules(plan, all)).toEqual(withLiveRules(plan, words))
      expect(all.length).toBeLessThanOrEqual(10)
      const once = addLiveRule(all, last)
      expect(addLiveRule(once, last)).toEqual(once)
      expect(standsAlready(once, last)).toBe(true)
    }),
  )
})
