import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFrame } from './decode-frame.ts'
import { encodeFrame, type Frame, type FrameBody } from './worker-protocol.ts'

const sha = 'a'.repeat(40)
const bodies: readonly FrameBody[] = [
  { k: 'hello', worker: 'w', pid: 7 },
  { k: 'phase', phase: 'clone' },
  { k: 'out', s: 'o', d: 'text' },
  { k: 'out', s: 't', d: '\u001b[2J' },
  { k: 'size', columns: 80, rows: 24 },
  { k: 'out', s: 'e', b: '/w==' },
  { k: 'dropped', bytes: 5 },
  { k: 'agent-start', pid: 9 },
  { k: 'agent-end', code: null, signal: 'SIGKILL', end: 'stopped', oom: true, left: 0, message: 'no' },
  {
    k: 'work',
    head: sha,
    base: '',
    branch: 'main',
    branches: ['main'],
    uncommitted: ['f'],
    left: 1,
    committed: true,
    bundle: 3,
    patch: null,
    problem: 'one',
    unkept: ['broken'],
  },
  { k: 'idle', code: 0 },
  { k: 'rebased', head: sha, wip: null, bundle: 5 },
  { k: 'given', path: '.codex/auth.json', mode: '600', owner: '1000:1000' },
  { k: 'given', path: '.codex/auth.json', problem: 'it is a link' },
  { k: 'unmet', what: 'locale', name: 'de_DE.UTF-8' },
  { k: 'unmet', what: 'writable', name: '/cache' },
  { k: 'unmet', what: 'submodule', name: 'lib' },
  { k: 'taken', file: 'login.json' },
  { k: 'taken', file: 'login.json', problem: 'it is a link' },
  { k: 'conflict', files: ['f'], at: 'Mend it' },
  { k: 'fail', stage: 'clone', message: 'no' },
  { k: 'end' },
]
const frames = bodies.map((body, i): Frame => ({ v: 1, n: i + 1, t: 1_700_000_000_000, ...body }))
const line = (value: object) => JSON.stringify(value).replace('"proto":', '"__proto__":')

test('every frame of the worker is read as it was written', () => {
  for (const frame of frames) expect(decodeFrame(encodeFrame(frame))).toEqual(frame)
})

describe('what is not a frame in all its fields is none', () => {
  test.each<[string, object]>([
    ['a problem that is a number', { k: 'work', problem: 5 }],
    ['a phase out of the prototype', { k: 'phase', phase: '__proto__' }],
    ['dropped bytes that are an object', { k: 'dropped', bytes: {} }],
    ['fewer than no bytes', { k: 'dropped', bytes: -5 }],
    ['output without its data', { k: 'out', d: undefined, b: undefined }],
    ['output of a third stream', { k: 'out', s: 'x' }],
    ['out of memory, maybe', { k: 'agent-end', oom: 'maybe' }],
    ['an end that is none', { k: 'agent-end', end: 'constructor' }],
    ['a signal with an escape', { k: 'agent-end', signal: 'SIG\u001b[2J' }],
    ['a commit that is an option', { k: 'work', head: '--output=/etc/passwd' }],
    ['a code that no process has', { k: 'idle', code: 4096 }],
    ['a kind out of the prototype', { k: 'toString' }],
    ['a time before all times', { k: 'end', t: -1e300 }],
    ['a time behind all times', { k: 'end', t: 1e300 }],
    ['a number that is none', { k: 'end', n: 1.5 }],
  ])('%s', (_, change) => {
    const sample = frames.find(({ k }) => k === (change as { k?: string }).k) ?? frames[0]
    expect(decodeFrame(line({ ...sample, ...change }))).toBeUndefined()
  })

  test('a line longer than a worker writes', () => {
    expect(decodeFrame(line({ v: 1, n: 1, t: 1, k: 'out', s: 'o', d: 'x'.repeat(8000) }))).toBeUndefined()
  })

  test('a field that is only inherited, and one that a prototype brings', () => {
    expect(decodeFrame(line({ v: 1, n: 1, t: 1, k: 'idle', proto: { code: 0 } }))).toBeUndefined()
    const read = decodeFrame(line({ v: 1, n: 1, t: 1, k: 'idle', code: 3, proto: { code: 0 }, more: 1 }))
    expect([read, Object.getPrototypeOf(read)]).toEqual([{ v: 1, n: 1, t: 1, k: 'idle', code: 3 }, Object.prototype])
  })
})

test('whatever is read has the fields of its kind, and is written and read as the same', () => {
  const anything = fc.oneof(fc.jsonValue(), fc.constantFrom('__proto__', 'constructor', 5, -1, null, {}, []))
  fc.assert(
    fc.property(fc.constantFrom(...frames), fc.string(), anything, fc.nat(), (frame, name, value, pick) => {
      const own = Object.keys(frame)
      const field = pick % 3 === 0 ? name : (own[pick % own.length] ?? name)
      const read = decodeFrame(line({ ...frame, [field]: value }))
      if (read === undefined) return
      expect(Object.keys(read).every((key) => own.includes(key))).toBe(true)
      expect(decodeFrame(encodeFrame(read))).toEqual(read)
    }),
    { numRuns: 3000 },
  )
})
