import { expect, test } from 'vitest'
import { type LoginRow, loginTable } from './login-table.ts'
import { plain } from './style.ts'

const now = Date.parse('2026-11-30T12:00:00.000Z')
const row: LoginRow = {
  agent: 'codex',
  name: 'work',
  service: 'chatgpt',
  kind: 'subscription',
  who: 'me@example.org',
  plan: 'pro',
  expiresAt: '2026-11-30T13:00:00.000Z',
  lastUsed: '2026-11-30T11:57:00.000Z',
  chosen: true,
  lentTo: null,
  tasks: ['t-1', 't-2'],
  problem: null,
  check: null,
}
const lines = (...rows: readonly LoginRow[]) => loginTable(rows, { style: plain, width: undefined, now }).slice(1)

test('a login in use', () => {
  expect(lines(row)).toEqual([
    'codex  work *  subscription  me@example.org  pro   in 1h, refreshed  3m ago     there  used by 2 tasks',
  ])
})

test.each([
  [{ problem: 'refused: reused' }, /broken +refused: reused; used by 2 tasks$/],
  [{ check: { verdict: 'accepted', detail: 'it answered 200' } }, /accepted +it answered 200/],
  [{ kind: 'token', expiresAt: '2026-11-30T11:00:00.000Z', chosen: false }, /work +token .* 1h ago .* expired/],
  [{ kind: 'token', expiresAt: null, lastUsed: null, tasks: [] }, /unknown +never +there/],
  [{ kind: null, expiresAt: null, who: null, problem: 'it is a link' }, /broken +it is a link/],
  [{ who: 'a\u001b[31mb' }, /a.*b/],
] as const)('%j', (part, says) => {
  const [line = ''] = lines({ ...row, ...part } as LoginRow)
  expect(line).toMatch(says)
  expect(line).not.toContain('\u001b')
})
