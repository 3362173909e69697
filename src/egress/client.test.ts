import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { audit } from './audit.ts'
import { egress } from './client.ts'
import { logFolder } from './protocol.ts'

test('a line written in the moment of the signal is still given', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'lines-'))
  try {
    mkdirSync(logFolder(stateDir))
    await using port = egress({ runtimeDir: stateDir, stateDir, gatewayEntry: '', node: '' })
    const listening = new AbortController()
    const seen: number[] = []
    const read = async () => {
      for await (const { n } of port.lines('a', null, listening.signal)) seen.push(n)
    }
    const reading = read()
    audit(logFolder(stateDir)).write({ task: 'a', kind: 'verdict' })
    listening.abort()
    await reading
    expect(seen).toEqual([1])
  } finally {
    rmSync(stateDir, { recursive: true })
  }
})
