import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathBelow } from './path-below.ts'

test.each([
  ['/v1', '/v1/responses'],
  ['/v1/', '/v1/responses?stream=1'],
  ['/v1', '/v1'],
  ['/v1', '/v1/'],
  ['/v1', '/v1?x'],
  ['/', '/'],
  ['/', '/anything'],
  ['/', '/v1beta/models/gemini-3:streamGenerateContent?alt=sse'],
  ['/v1', '/v1/.well-known/x?next=/../y'],
  ['/v1', '/v1/a..b/.c/d./e;f=1'],
  ['/v1', '/v1/models/maker%2Fmodel%3A0/x%20y'],
  ['/a%20b/v1', '/a%20b/v1/x'],
])('below %s: %s', (base, target) => {
  expect(pathBelow(base, target)).toBeNull()
})

test.each([
  ['/v1', '/v10/responses'],
  ['/v1', '/responses'],
  ['/v1', '//v1/x'],
  ['/v1', 'http://host/v1/x'],
])('outside %s: %s', (base, target) => {
  expect(pathBelow(base, target)).toMatch(/^is not below/)
})

/** Each is a step up, or another path, for some server. */
const STEPS = [
  ...['.', '..', '...', '', '%2e', '%2E%2e', '.%2e', '%2e.', '%252e%252e', '%25252e', '%%32%65'],
  ...[
    '..;',
    '..;a=b',
    '.;',
    ';',
    ';x',
    '..%3b',
    '..%3Bx',
    '..%23',
    '..%3f',
    '.%00.',
    '..%00',
    '%00',
    '..%0d%0a',
    '..%09',
  ],
  ...['%c0%ae%c0%ae', '%c0%2e', '%e0%80%ae', '%ef%bc%8e%ef%bc%8e', '%u002e%u002e', '..%c0%af', '..%ef%bc%8f', '%uff0e'],
  ...[
    '..\\',
    '\\..',
    '..%5c',
    '%5c..%5c',
    '..%255c',
    '..%c1%9c',
    '..%20',
    '.. ',
    '%20..',
    '..+',
    '.\t.',
    '..\u007f',
    '\u00e9',
  ],
  ...['x#/..', '..#', '{x}', 'a|b', '"', '<', '%', '%2', '%zz', '..%2f..', 'x%2f..%2fy', 'x%2f%2fy', '%2f', '..%2F'],
]

test.each(STEPS.map((step) => ({ step })))('refused in a path: $step', ({ step }) => {
  for (const base of ['/', '/v1', '/v1/']) {
    const prefix = base.replace(/\/$/, '')
    for (const target of [`${prefix}/${step}/admin`, `${prefix}/x/${step}/admin`, `${prefix}/x/${step}/y?z=1`])
      expect([target, pathBelow(base, target)]).toEqual([target, expect.stringContaining('not below')])
  }
})

/** A server as lenient as they come: decodes twice, cuts parameters and blanks, takes every slash, and steps up. */
const lenient = (target: string): string => {
  const decode = (text: string) =>
    text
      .replace(/%c0%ae|%e0%80%ae|%ef%bc%8e|%u002e/gi, '.')
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const path = decode(decode(target.split('?', 1)[0] ?? ''))
  const out: string[] = []
  for (const raw of path.split(/[/\\]/)) {
    const segment = raw.replace(/[;?#\0].*$/s, '').replace(/[\s+]/g, '')
    if (/^\.{2,}$/.test(segment)) out.pop()
    else if (segment !== '' && segment !== '.') out.push(segment)
  }
  return `/${out.join('/')}`
}

test('what passes is below the base for the most lenient server too', () => {
  const piece = fc.constantFrom(
    ...STEPS,
    '/',
    '/',
    'x',
    'models',
    '?',
    'a:b',
    '%41',
    '%2F',
    '.',
    '..',
    '%',
    '2e',
    '2f',
    ';',
  )
  const target = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => `/v1/${pieces.join('')}`)
  let passed = 0
  fc.assert(
    fc.property(target, (text) => {
      if (pathBelow('/v1', text) !== null) return
      passed += 1
      expect(`${lenient(text)}/`).toMatch(/^\/v1\//)
    }),
    { seed: 11, numRuns: 20_000 },
  )
  expect(passed).toBeGreaterThan(200)
})
