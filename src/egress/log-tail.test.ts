import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { audit } from './audit.ts'
import { logTail } from './log-tail.ts'

test('lines of all gateways after a cursor, then each as it comes, whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tail-'))
  const tail = logTail(folder)
  try {
    const one = audit(folder)
    for (const task of ['a', 'b', 'a']) one.write({ task, kind: 'request' })
    const two = audit(folder)
    two.write({ task: 'a', kind: 'request' })
    expect(two.instance > one.instance).toBe(true)

    const got: string[] = []
    const enough = Promise.withResolvers<void>()
    tail.subscribe('a', { gateway: one.instance, line: 1 }, ({ gateway, n }) => {
      got.push(`${gateway === one.instance ? 'one' : gateway === two.instance ? 'two' : 'three'} ${n}`)
      if (got.length === 5) enough.resolve()
    })
    expect(got).toEqual(['one 3', 'two 1'])
    two.write({ task: 'b', kind: 'request' })
    two.write({ task: 'a', kind: 'request' })
    const file = join(folder, `gateway-${two.instance}.jsonl`)
    appendFileSync(file, '{"n":4,"task":"a",')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(got).toEqual(['one 3', 'two 1', 'two 3'])
    appendFileSync(file, '"kind":"request"}\nnot json "task":"a"\n')
    audit(folder).write({ task: 'a', kind: 'request' })
    await enough.promise
    expect(got).toEqual(['one 3', 'two 1', 'two 3', 'two 4', 'three 1'])
  } finally {
    tail.close()
    rmSync(folder, { recursive: true })
  }
})

test('what is written is handed over at once by catchUp', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tail-'))
  const tail = logTail(folder)
  try {
    const got: number[] = []
    tail.subscribe('a', null, ({ n }) => got.push(n))
    audit(folder).write({ task: 'a', kind: 'request' })
    expect(got).toEqual([])
    tail.catchUp()
    expect(got).toEqual([1])
    tail.catchUp()
    expect(got).toEqual([1])
  } finally {
    tail.close()
    rmSync(folder, { recursive: true })
  }
})
