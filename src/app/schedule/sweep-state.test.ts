import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepState } from './sweep-state.ts'

test('ends the token daemons of tasks that are there no more, and leaves the others', () => {
  const base = mkdtempSync(join(tmpdir(), 'berth-sweep-'))
  try {
    const [state, runtime] = [join(base, 'state'), join(base, 'runtime')]
    for (const path of ['state/tasks/t-there', 'runtime/secrets/t-there', 'runtime/secrets/t-gone', 'runtime/d'])
      mkdirSync(join(base, path), { recursive: true })
    for (const name of ['t-there', 't-left']) writeFileSync(join(runtime, 'd', name), '')
    const ended: object[] = []
    sweepState({
      installation: { folders: { state, runtime } },
      egress: { keepLogs: () => {} },
      tokens: { end: async (place: object) => void ended.push(place) },
    } as unknown as Parameters<typeof sweepState>[0])
    expect(ended).toEqual(
      ['t-gone', 't-left'].map((id) => ({ folder: join(runtime, 'secrets', id), socket: join(runtime, 'd', id) })),
    )
  } finally {
    rmSync(base, { recursive: true })
  }
})
