import { expect, test } from 'vitest'
import { encodeFrame, FRAME_BYTES, type FrameBody } from '../domain/worker-protocol.ts'
import { fitFrame } from './fit-frame.ts'

const length = (body: FrameBody) =>
  encodeFrame({ v: 1, n: Number.MAX_SAFE_INTEGER, t: 9_999_999_999_999, ...fitFrame(body, FRAME_BYTES - 100) }).length

const work = {
  k: 'work',
  head: 'a'.repeat(64),
  base: 'b'.repeat(64),
  branch: 'main',
  committed: true,
  bundle: 1,
} as const

test('what fits is left as it is', () => {
  const body: FrameBody = { ...work, branches: ['main'], uncommitted: ['é', 'b'] }
  expect(fitFrame(body, 7900)).toEqual(body)
})

test('long lists are cut, and what is left out is counted', () => {
  const names = Array.from({ length: 5000 }, (_, at) => `src/"ordner"/größe-${at}.ts`)
  const cut = fitFrame({ ...work, branches: names, uncommitted: names, problem: 'ö'.repeat(5000) }, 7900)
  if (cut.k !== 'work') throw new Error('another kind')
  expect(cut.uncommitted.length + (cut.left ?? 0)).toBe(5000)
  expect(cut.uncommitted.length).toBeGreaterThan(50)
  expect(length({ ...work, branches: names, uncommitted: names, problem: 'ö'.repeat(5000) })).toBeLessThan(FRAME_BYTES)
  expect(length({ ...work, branch: '😀'.repeat(300), branches: names, uncommitted: names })).toBeLessThan(FRAME_BYTES)
})

test('long words are cut between characters', () => {
  const cut = fitFrame({ k: 'fail', stage: 'clone', message: `x${'😀'.repeat(5000)}` }, 7900)
  expect(length({ k: 'fail', stage: 'clone', message: '\u0000'.repeat(9000) })).toBeLessThan(FRAME_BYTES)
  expect(cut.k === 'fail' && /^x(😀)+\ufffd?\.\.\.$/u.test(cut.message)).toBe(true)
})
