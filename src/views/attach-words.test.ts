import { expect, test } from 'vitest'
import type { AttachState } from '../domain/attach.ts'
import { attachChange, attachedLine } from './attach-words.ts'

const viewer = (id: string, readOnly = false) => ({
  id,
  who: `${id}@host`,
  since: '2026-01-01T00:00:00.000Z',
  readOnly,
})
const state = (writer: string | null, readOnly = false, lost = 0): AttachState => ({
  you: 'me',
  viewers: [viewer('me', readOnly), viewer('bo')],
  writer: writer === null ? null : viewer(writer),
  columns: 80,
  rows: 24,
  input: 'open',
  lost,
})

test.each([
  ['me', 'berth: t-1: you write, 1 other attached; ctrl-p,ctrl-q detaches'],
  ['bo', 'berth: t-1: bo@host writes, you look on, 1 other attached; ctrl-p,ctrl-q detaches'],
  [null, 'berth: t-1: nobody writes, 1 other attached; ctrl-p,ctrl-q detaches'],
])('at the beginning: %s writes', (writer, line) => {
  expect(attachedLine('t-1', state(writer), 'ctrl-p,ctrl-q')).toBe(line)
})

test.each([
  ['me', 'me', null],
  ['me', 'bo', 'berth: bo@host writes now, you look on; `berth attach --take t-1` takes it back'],
  ['bo', 'me', 'berth: you write now'],
  [null, 'bo', 'berth: bo@host writes now, you look on'],
  ['bo', null, 'berth: nobody writes now; type to write'],
])('from %s to %s', (before, now, words) => expect(attachChange('t-1', state(before), state(now))).toBe(words))

test('who only looks on is not told to type', () => {
  expect(attachChange('t-1', state('bo', true), state(null, true))).toBe('berth: nobody writes now')
})

test('keys that were lost', () => {
  expect(attachChange('t-1', state('me'), state('me', false, 3))).toBe('berth: 3 typed bytes did not reach the agent')
})

test("a viewer's name does nothing to the terminal", () => {
  const evil = { ...state('bo'), writer: { ...viewer('bo'), who: 'bo\u001b]0;x\u0007\nroot' } }
  expect(attachedLine('t-1', evil, 'ctrl-c')).toContain('bo root writes')
})
