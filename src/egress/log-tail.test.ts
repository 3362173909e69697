import { appendFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { audit } from './audit.ts'
import { type Cursor, logTail } from './log-tail.ts'
import { removeLogs } from './prune-logs.ts'

const setUp = () => {
  const folder = temporaryFolder('berth-tail-')
  onTestFinished(() => folder[Symbol.dispose]())
  const tail = logTail(folder.path)
  onTestFinished(() => tail.close())
  /** What a reader has got so far, and the end of its reading. */
  const read = (task: string, after: Cursor | null = null) => {
    const got: string[] = []
    const over = new AbortController()
    let changed = () => {}
    const ended = (async () => {
      for await (const { gateway, n } of tail.lines(task, after, over.signal)) {
        got.push(`${gateway} ${n}`)
        changed()
      }
    })()
    const until = async (count: number) => {
      while (got.length < count)
        await new Promise<void>((resolve) => {
          changed = resolve
        })
      return got
    }
    const end = async () => {
      over.abort()
      await ended
      return got
    }
    return { got, until, end }
  }
  return { folder, read }
}

test('lines of all gateways after a cursor, then each as it comes, whole', async () => {
  const { folder, read } = setUp()
  const one = audit(folder.path)
  for (const task of ['a', 'b', 'a']) one.write({ task, kind: 'request' })
  const two = audit(folder.path)
  two.write({ task: 'a', kind: 'request' })
  expect(two.instance > one.instance).toBe(true)
  const reader = read('a', { gateway: one.instance, line: 1 })
  expect(await reader.until(2)).toEqual([`${one.instance} 3`, `${two.instance} 1`])
  two.write({ task: 'b', kind: 'request' })
  two.write({ task: 'a', kind: 'request' })
  await reader.until(3)
  const file = folder.at(`gateway-${two.instance}.a.jsonl`)
  appendFileSync(file, '{"n":4,"task":"a",')
  appendFileSync(file, '"kind":"request"}\nnot json "task":"a"\n')
  const three = audit(folder.path)
  three.write({ task: 'a', kind: 'request' })
  expect((await reader.until(5)).slice(2)).toEqual([`${two.instance} 3`, `${two.instance} 4`, `${three.instance} 1`])
  appendFileSync(file, '{"n":5,"task":"a"')
  expect(await reader.end()).toHaveLength(5)
})

test('what is written when the signal comes is still given', async () => {
  const { folder, read } = setUp()
  const reader = read('a')
  const log = audit(folder.path)
  log.write({ task: 'a', kind: 'request' })
  log.write({ task: 'a', kind: 'request' })
  expect(await reader.end()).toEqual([`${log.instance} 1`, `${log.instance} 2`])
})

test("an older gateway's log has all tasks in one file, and is read and followed", async () => {
  const { folder, read } = setUp()
  const old = folder.at('gateway-g-00old.jsonl')
  const line = (n: number, task: string) => `${JSON.stringify({ n, at: 'x', task, kind: 'request' })}\n`
  writeFileSync(old, line(1, 'a') + line(2, 'b') + line(3, 'a'))
  const log = audit(folder.path)
  log.write({ task: 'a', kind: 'request' })
  const reader = read('a', { gateway: 'g-00old', line: 1 })
  expect(await reader.until(2)).toEqual(['g-00old 3', `${log.instance} 1`])
  appendFileSync(old, line(4, 'b') + line(5, 'a'))
  expect((await reader.until(3)).at(-1)).toBe('g-00old 5')
})

test('a log of any length is read in blocks, and a line without an end passed over', async () => {
  const { folder, read } = setUp()
  const line = (n: number) => `${JSON.stringify({ n, at: 'x', task: 'a', kind: 'request', path: 'p'.repeat(1000) })}\n`
  const lines = Array.from({ length: 2000 }, (_, i) => line(i + 1)).join('')
  const file = folder.at('gateway-g-1.a.jsonl')
  writeFileSync(file, `${lines}${'x'.repeat(600_000)}\n${line(2001)}`)
  const got = await read('a').end()
  expect(got).toEqual([...Array.from({ length: 2001 }, (_, i) => `g-1 ${i + 1}`)])
})

test('the log of a task goes with it, and nothing else does', () => {
  const { folder } = setUp()
  const log = audit(folder.path)
  for (const task of ['t-1', 't-2']) log.write({ task, kind: 'request' })
  writeFileSync(folder.at('gateway-g-1.jsonl'), '')
  writeFileSync(folder.at('gateway.out'), '')
  mkdirSync(join(folder.path, 'gateway-x'))
  removeLogs(folder.path, (task) => task === 't-2')
  const there = (name: string) => statSync(folder.at(name), { throwIfNoEntry: false }) !== undefined
  expect([`gateway-${log.instance}.t-1.jsonl`, `gateway-${log.instance}.t-2.jsonl`].map(there)).toEqual([false, true])
  expect(['gateway-g-1.jsonl', 'gateway.out', 'gateway-x'].map(there)).toEqual([true, true, true])
})
