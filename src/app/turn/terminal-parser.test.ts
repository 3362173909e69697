import { expect, test } from 'vitest'
import { terminalParser } from './terminal-parser.ts'

const verdict = (code: number | null, signal: string | null = null, interrupted = false) =>
  terminalParser('Mine').end({ code, signal, interrupted }).verdict

test('a CLI that was quit is done, any other end is told', () => {
  expect(verdict(0)).toEqual({ ok: true, class: 'ok', reason: 'Mine was quit at its terminal' })
  expect([verdict(130), verdict(null, 'SIGINT')]).toMatchObject([{ ok: true }, { ok: true }])
  expect(verdict(3)).toEqual({ ok: false, class: 'agent', reason: 'Mine ended with exit code 3 at its terminal' })
  expect(verdict(null, 'SIGHUP')).toMatchObject({ ok: false, reason: 'Mine ended by SIGHUP at its terminal' })
})

test('a CLI that was stopped is not done, whatever its exit code', () => {
  expect(verdict(0, null, true)).toMatchObject({ ok: false, class: 'interrupted' })
})
