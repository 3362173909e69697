import { expect, test } from 'vitest'
import { decodeExec, EXEC, encodeExec } from './exec-frame.ts'

async function* pieces(data: Buffer, size: number) {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size)
}

const decoded = async (data: Buffer, size: number) => {
  const out: [number, string][] = []
  for await (const { kind, data: payload } of decodeExec(pieces(data, size)))
    out.push([kind, payload.toString('latin1')])
  return out
}

test.each([1, 2, 5, 7, 4096])('frames come out whole however the bytes are cut (%i)', async (size) => {
  const binary = Buffer.from([0, 255, 10, 13, 0])
  const all = [encodeExec(EXEC.stdin, binary), encodeExec(EXEC.end), encodeExec(EXEC.exit, '137')]
  expect(await decoded(Buffer.concat(all), size)).toEqual([
    [EXEC.stdin, binary.toString('latin1')],
    [EXEC.end, ''],
    [EXEC.exit, '137'],
  ])
})

test('half a frame at the end is dropped', async () => {
  const whole = Buffer.concat([encodeExec(EXEC.stdout, 'a'), encodeExec(EXEC.exit, '0').subarray(0, 5)])
  expect(await decoded(whole, 3)).toEqual([[EXEC.stdout, 'a']])
})

test('a frame that claims more than it may is an error', async () => {
  await expect(decoded(Buffer.from([1, 255, 255, 255, 255]), 5)).rejects.toThrow('a frame of 4294967295 bytes')
})
