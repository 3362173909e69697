import { expect, test } from 'vitest'
import { seccompCheck } from './seccomp-check.ts'

const engine = (seccomp: boolean | null) => ({ kind: 'docker', endpoint: 'unix:///d.sock', seccomp })

test('an engine that takes no profile is named; one that was not asked says nothing', () => {
  expect(seccompCheck([])).toEqual([])
  expect(seccompCheck([engine(null)])).toEqual([])
  expect(seccompCheck([engine(true)])).toMatchObject([{ ok: true, fix: null }])
  const [row] = seccompCheck([engine(true), engine(false)])
  expect(row).toMatchObject({ ok: false, fix: expect.stringContaining('CONFIG_SECCOMP_FILTER') })
  expect(row?.detail).toContain('docker at unix:///d.sock')
})
