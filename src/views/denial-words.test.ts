import { expect, test } from 'vitest'
import { denialWords } from './denial-words.ts'

const denial = { host: 'localhost', port: 22, reason: 'no rule', allow: 'localhost:22 private', count: 1 }

test('what would open this machine is said, beside the command', () => {
  expect(denialWords(denial, 't-1')).toBe(
    "denied: no rule; `berth allow t-1 'localhost:22 private'` allows it, and opens a server of this machine or its network to the agent",
  )
  expect(denialWords({ ...denial, allow: 'npm' }, 't-1')).toBe('denied: no rule; `berth allow t-1 npm` allows it')
  expect(denialWords({ ...denial, allow: null }, 't-1')).toBe('denied: no rule')
})
