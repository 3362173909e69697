import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineBench, failure, textOf } from './engine-bench.ts'

const since = (under: EngineUnderTest): void => {
  it('begins at a time', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('echo early; sleep 3.2; date -u +%Y-%m-%dT%H:%M:%SZ >&2; echo late')
    const all = await textOf(bench.engine.logs(id, { follow: true }, bench.signal))
    expect(all.stdout).toBe('early\nlate\n')
    const since = all.stderr.trim()
    const late = await textOf(bench.engine.logs(id, { follow: false, since }, bench.signal))
    expect(late.stdout).toBe('late\n')
  })
}

export const engineLogTests = (under: EngineUnderTest): void => {
  describe('logs', () => {
    if (under.sandbox) since(under)
    it('follows 5 MB to its last byte, streams apart', async () => {
      await using bench = await engineBench(under)
      const script = 'head -c 3750000 /dev/urandom | base64 > /tmp/x; cat /tmp/x; md5sum < /tmp/x >&2'
      const { id } = await bench.run(script)
      const { stdout, stderr } = await textOf(bench.engine.logs(id, { follow: true }, bench.signal))
      expect(stdout.length).toBeGreaterThan(5_000_000)
      expect(stderr.slice(0, 32)).toBe(createHash('md5').update(stdout).digest('hex'))
      const again = await textOf(bench.engine.logs(id, { follow: false }, bench.signal))
      expect(again.stdout === stdout).toBe(true)
    })

    it('follows what comes over time, and repeats and leaves out nothing at its end', async () => {
      await using bench = await engineBench(under)
      const script = 'for i in 1 2 3 4 5 6; do seq $((i * 700)); sleep 0.2; done; yes same | head -n 5000; seq 9000 >&2'
      const { id } = await bench.run(script)
      const count = (n: number) => `${Array.from({ length: n }, (_, i) => i + 1).join('\n')}\n`
      const { stdout, stderr } = await textOf(bench.engine.logs(id, { follow: true }, bench.signal))
      expect(stdout === [1, 2, 3, 4, 5, 6].map((i) => count(i * 700)).join('') + 'same\n'.repeat(5000)).toBe(true)
      expect(stderr === count(9000)).toBe(true)
    })

    it('follows few long lines that are written at once to the last byte', async () => {
      await using bench = await engineBench(under)
      const script =
        's=$(seq -s, 1800); echo first; sleep 0.3; i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo "$i $s"; done'
      const { id } = await bench.run(script)
      const { stdout } = await textOf(bench.engine.logs(id, { follow: true }, bench.signal))
      const count = Array.from({ length: 1800 }, (_, i) => i + 1).join(',')
      expect(stdout === `first\n${Array.from({ length: 300 }, (_, i) => `${i + 1} ${count}\n`).join('')}`).toBe(true)
    })

    it('keeps a line of 2 MB, text beyond ASCII and a last line without its end', async () => {
      await using bench = await engineBench(under)
      const { stdout } = await bench.finish('head -c 2000000 /dev/zero | tr "\\0" x; echo; printf "größe 日本 \\r 👍"')
      expect(stdout.length).toBe(2_000_001 + [...'größe 日本 \r 👍'].length + 1)
      expect(stdout.endsWith('x\ngröße 日本 \r 👍')).toBe(true)
    })

    it('ends by its signal, and tells of a container that is gone', async () => {
      await using bench = await engineBench(under)
      const { id } = await bench.run('echo one; sleep 60')
      const stop = new AbortController()
      const seen: string[] = []
      const following = (async () => {
        for await (const { data } of bench.engine.logs(id, { follow: true }, stop.signal)) {
          seen.push(data.toString())
          stop.abort(new Error('enough'))
        }
      })()
      await expect(following).rejects.toThrow('enough')
      expect(seen).toEqual(['one\n'])
      const gone = failure(textOf(bench.engine.logs('berth-no-such', { follow: true }, bench.signal)))
      expect(await gone).toMatchObject({ code: 'engine-error' })
    })

    it('is given while the container runs, not at its end', async () => {
      await using bench = await engineBench(under)
      const { id } = await bench.run('echo first; sleep 60')
      const iterator = bench.engine.logs(id, { follow: true }, bench.signal)[Symbol.asyncIterator]()
      const first = await Promise.race([iterator.next(), sleep(5000, null)])
      expect(first?.value?.data.toString()).toBe('first\n')
      await iterator.return?.()
    })
  })
}
