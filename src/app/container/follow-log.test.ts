import { expect, test } from 'vitest'
import { BerthError } from '../../domain/errors.ts'
import { encodeFrame, type Frame } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { followLog } from './follow-log.ts'

const line = (n: number) => `${encodeFrame({ v: 1, n, t: n, k: 'out', s: 'o', d: 'x' } as Frame)}\n`
const END = (n: number) => `${encodeFrame({ v: 1, n, t: n, k: 'end' } as Frame)}\n`

/** Follows a log of which each reading gives some pieces, or fails; afterwards the container is in `state`. */
const read = async (
  readings: readonly (readonly (string | Error)[])[],
  { known = 0, since = null, state = 'exited' }: { known?: number; since?: number | null; state?: string } = {},
) => {
  const asked: boolean[] = []
  const engine = {
    inspect: async () => ({ state }),
    async *logs(_: string, options: { since?: string }) {
      const pieces = readings[asked.length] ?? []
      asked.push(options.since !== undefined)
      for (const piece of pieces) {
        if (typeof piece !== 'string') throw piece
        yield { data: Buffer.from(piece) }
      }
    },
  } as unknown as Engine
  const got: string[] = []
  const following = followLog({ engine, container: 'c', known, since, signal: AbortSignal.timeout(5000) })
  for await (const { frames, untrusted, reading } of following)
    got.push(...frames.map(({ frame }) => `${reading}: ${frame.n}`), ...untrusted)
  return { got, asked }
}

test('a log is read to its end', async () => {
  expect(await read([[line(1) + line(2), END(3)]])).toEqual({ got: ['1: 1', '1: 2', '1: 3'], asked: [false] })
})

test('a log that misses a frame after its time is read from its start, and frames that were taken in count once', async () => {
  const { got, asked } = await read([[line(4)], [line(1) + line(2) + line(3) + END(4)]], { known: 2, since: 10_000 })
  expect(got).toEqual(['2: 3', '2: 4'])
  expect(asked).toEqual([true, false])
})

test('a log that misses a frame from its start says so and goes on', async () => {
  const { got } = await read([[line(1) + line(3), line(2) + END(3)]])
  expect(got).toEqual(['1: 1', 'frame 3 came where frame 2 was next', '1: 2', '1: 3'])
})

test('an engine that goes away is asked again, and nothing is told twice', async () => {
  const away = new BerthError('engine-down', 'it restarts')
  expect(await read([[line(1), away], [line(1) + END(2)]])).toEqual({ got: ['1: 1', '2: 2'], asked: [false, false] })
})

test('an error that is no restart comes out where the container has ended', async () => {
  await expect(read([[line(1), new Error('odd')]])).rejects.toThrow('odd')
})
