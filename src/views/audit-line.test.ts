import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AuditEntry } from '../domain/network/audit-entry.ts'
import { auditHeader, auditLine } from './audit-line.ts'
import { plain } from './style.ts'

const entry: AuditEntry = {
  at: '2026-01-01T00:00:00.000Z',
  host: 'registry.npmjs.org',
  port: 443,
  method: 'GET',
  path: '/left-pad',
  verdict: 'allowed',
  rule: 'npm',
  status: 200,
  bytesIn: 13_000,
  bytesOut: 0,
  ms: 35,
}

test('columns under their titles, what is unknown as a dash, the reason behind the target', () => {
  const lines = [
    auditHeader,
    auditLine(entry, plain),
    auditLine(
      {
        ...entry,
        host: '2001:db8::1',
        path: null,
        verdict: 'denied',
        rule: null,
        status: 403,
        bytesIn: null,
        bytesOut: null,
        reason: 'no rule',
      },
      plain,
    ),
    auditLine({ ...entry, host: null, port: null, path: '/odd', verdict: 'denied', status: 400, reason: 'odd' }, plain),
  ]
  expect(lines).toEqual([
    'TIME                      VERDICT  METHOD   STATUS         IN        OUT       MS  RULE                      HOST AND PATH',
    '2026-01-01T00:00:00.000Z  allowed  GET      200      12.7 KiB        0 B       35  npm                       registry.npmjs.org:443/left-pad',
    '2026-01-01T00:00:00.000Z  denied   GET      403             -          -       35  -                         [2001:db8::1]:443: no rule',
    '2026-01-01T00:00:00.000Z  denied   GET      400      12.7 KiB        0 B       35  npm                       - /odd: odd',
  ])
})

test('whatever a client sends, it is one line that a terminal obeys in nothing', () => {
  const bad = fc.string({
    unit: fc.constantFrom('\u001b', '[2J', '\n', '\r', '\u009b', '\u202e', '\u0007', 'a', '\u0000'),
  })
  fc.assert(
    fc.property(bad, bad, bad, bad, bad, (host, path, method, rule, reason) => {
      const line = auditLine({ ...entry, host, path, method, rule, reason }, plain)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not come through.
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    }),
  )
})
