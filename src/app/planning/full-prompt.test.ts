import { expect, test } from 'vitest'
import type { LiveTask } from '../task/live-task.ts'
import { fullPrompt } from './full-prompt.ts'

const withdrawn = { class: 'withdrawn' }
const live = {
  record: {
    turns: [
      { turn: 1, outcome: { class: 'auth' } },
      { turn: 2, outcome: withdrawn },
      { turn: 3, outcome: null },
    ],
  },
  journal: {
    select: () => [
      { type: 'turn.queued', turn: 1, prompt: 'first' },
      { type: 'turn.queued', turn: 2, prompt: 'taken back' },
      { type: 'turn.queued', turn: 3, prompt: 'third' },
    ],
  },
} as unknown as LiveTask

test('a session that goes on hears the prompt alone', () => {
  expect(fullPrompt(live, { turn: 3, resume: 'SID' }, 'third')).toBe('third')
})

test('a session that begins late hears what was asked before, but for what was withdrawn', () => {
  expect(fullPrompt(live, { turn: 3, resume: null }, 'third')).toBe('first\n\nthird')
  expect(fullPrompt(live, { turn: 1, resume: null }, 'first')).toBe('first')
})
