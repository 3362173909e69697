import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FRAME_BYTES } from '../../src/domain/worker-protocol.ts'
import { AGENTS, ended, makeBerth, putOrder, runWorker, sh, startWorker } from './worker-harness.ts'

const bytes = (...args: string[]) => ({
  argv: [process.execPath, `${AGENTS}/bytes.mjs`, ...args] as [string, ...string[]],
})

test('frames count from 1 without holes, and each is one short ASCII line', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order(sh('echo "héllo 😀 $HOME"; echo no >&2')))
  expect(result.frames.map((frame) => frame.n)).toEqual(result.frames.map((_, at) => at + 1))
  expect(result.frames.map((frame) => frame.k).filter((kind) => kind !== 'out')).toEqual([
    'hello',
    'phase',
    'phase',
    'agent-start',
    'agent-end',
    'end',
  ])
  expect(result.lines.length).toBe(result.frames.length)
  for (const line of result.lines) expect(line).toMatch(/^[\x20-\x7e]+$/)
  expect(result.out().toString()).toBe(`héllo 😀 ${berth.at('home')}\n`)
  expect(result.out('e').toString()).toBe('no\n')
  expect(result.code).toBe(0)
})

test('output that is no UTF-8 arrives byte by byte', async () => {
  using berth = makeBerth()
  const latin1 = await runWorker(berth, berth.order(bytes('latin1')))
  expect(latin1.out().equals(Buffer.from('caf\xe9 na\xefve\nplain\n', 'latin1'))).toBe(true)
  const all = await runWorker(berth, berth.order(bytes('all')))
  const expected = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7 + (at >> 8)) & 255))
  expect(all.out().equals(expected)).toBe(true)
})

test('a character that comes a byte at a time stays whole', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order(bytes('slow-character')))
  expect(result.out().toString()).toBe('a€😀z')
  expect(result.frames.some((frame) => 'b' in frame)).toBe(false)
})

test('a line of 10 MB arrives whole in short frames', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order(bytes('line', '10000000')))
  expect(result.out().length).toBe(10_000_001)
  expect(result.out().equals(Buffer.from(`${'é"\\x'.repeat(2_000_000)}\n`))).toBe(true)
  expect(Math.max(...result.lines.map((line) => line.length + 1))).toBeLessThanOrEqual(FRAME_BYTES)
})

test('output past the limit is read, counted and thrown away', async () => {
  using berth = makeBerth()
  const order = berth.order(sh('head -c 3000000 /dev/zero | tr "\\0" x; echo -n yyyyy; exit 4'))
  const result = await runWorker(berth, { ...order, limits: { ...order.limits, outputBytes: 1_000_001 } })
  expect(result.out().length).toBe(1_000_001)
  const dropped = result.frames.reduce((sum, frame) => sum + (frame.k === 'dropped' ? frame.bytes : 0), 0)
  expect(dropped).toBe(1_999_999 + 5)
  expect(result.frames.findLastIndex((frame) => frame.k === 'dropped')).toBeLessThan(
    result.frames.findIndex((frame) => frame.k === 'agent-end'),
  )
  expect(result.code).toBe(4)
})

test('a log that is not read stops the agent and not the memory; then all arrives', async () => {
  using berth = makeBerth()
  putOrder(berth, berth.order(sh('head -c 60000000 /dev/zero | tr "\\0" x')))
  const worker = startWorker(berth, { lazy: true })
  await sleep(1500)
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker.pid()}/status`, 'utf8'))?.[1])
  expect(resident).toBeLessThan(120_000)
  const chunks: Buffer[] = []
  worker.child.stdout?.on('data', (chunk) => chunks.push(chunk))
  await worker.end
  const result = ended(0, Buffer.concat(chunks), '')
  expect(result.out().length).toBe(60_000_000)
  expect(result.get('end')).toBeDefined()
})

test('a forged frame on the output is data', async () => {
  using berth = makeBerth()
  const result = await runWorker(berth, berth.order({ argv: [`${AGENTS}/forge.sh`, 'output'] }))
  expect(result.out().toString()).toMatch(/^\{"v":1,"n":6.*\}\n$/)
  expect(result.frames.filter((frame) => frame.k === 'agent-end')).toHaveLength(1)
  expect(result.get('agent-end')?.code).toBe(9)
  expect(result.code).toBe(9)
})
