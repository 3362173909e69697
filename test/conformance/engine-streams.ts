import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../../src/engines/engine.ts'
import { type EngineUnderTest, engineBench, failure } from './engine-bench.ts'

const archives = (under: EngineUnderTest): void => {
  it.each(['buffer', 'stream'])('puts 5 MB in and gets them out again (%s)', async (how) => {
    await using bench = await engineBench(under)
    const data = randomBytes(5_000_000)
    mkdirSync(bench.folder.at('in'))
    writeFileSync(bench.folder.at('in', 'big.bin'), data)
    const tar = spawnSync('tar', ['-C', bench.folder.at('in'), '-cf', '-', 'big.bin'], { maxBuffer: 1e8 }).stdout
    const { id } = await bench.run('sleep 60')
    const pieces = async function* () {
      for (let at = 0; at < tar.length; at += 100_000) yield tar.subarray(at, at + 100_000)
    }
    await bench.engine.putArchive(id, '/tmp', how === 'buffer' ? tar : pieces())
    const parts: Buffer[] = []
    for await (const part of bench.engine.getArchive(id, '/tmp/big.bin', bench.signal)) parts.push(part)
    mkdirSync(bench.folder.at('out'))
    spawnSync('tar', ['-C', bench.folder.at('out'), '-xf', '-'], { input: Buffer.concat(parts) })
    expect(readFileSync(bench.folder.at('out', 'big.bin')).equals(data)).toBe(true)
  })

  it('fails by name where there is no such path', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const get = async () => {
      for await (const _ of bench.engine.getArchive(id, '/no/such/file', bench.signal)) expect.unreachable()
    }
    expect(await failure(get())).toMatchObject({ code: 'engine-error' })
    const put = bench.engine.putArchive('berth-no-such', '/tmp', Buffer.alloc(1024))
    expect(await failure(put)).toMatchObject({ code: 'engine-error' })
  })
}

const events = (under: EngineUnderTest): void => {
  it('tells what happens to our containers, in the same words', async () => {
    await using bench = await engineBench(under)
    const stop = new AbortController()
    const seen: EngineEvent[] = []
    const labels = { ...bench.labels, part: 'mine' }
    const following = (async () => {
      for await (const event of bench.engine.events(labels, stop.signal)) {
        seen.push(event)
        if (event.action === 'destroy') stop.abort(new Error('enough'))
      }
    })().then(
      () => 'its own end',
      (error) => error.message,
    )
    const other = await bench.finish('exit 1')
    const { id, spec } = await bench.run('exit 7', { labels })
    await bench.engine.wait(id, bench.signal)
    await bench.engine.remove(other.id)
    await bench.engine.remove(id)
    expect(await following).toBe('enough')
    expect(seen.map(({ action }) => action)).toEqual(expect.arrayContaining(['create', 'start', 'die', 'destroy']))
    expect([...new Set(seen.map(({ container }) => container))]).toEqual([id])
    const died = seen.find(({ action }) => action === 'die')
    expect(died).toMatchObject({ exitCode: 7, name: spec.name, labels })
    expect(Math.abs(Date.parse(died?.at ?? '') - Date.now())).toBeLessThan(60_000)
  })

  it('tells what was, within a time, and the signal of a kill', async () => {
    await using bench = await engineBench(under)
    const since = new Date().toISOString()
    const { id, spec } = await bench.run('sleep 60')
    expect(await bench.engine.kill(id, 'SIGKILL')).toBe(true)
    await bench.engine.wait(id, bench.signal)
    const told = async (range: { readonly since: string; readonly until: string }) => {
      const seen: EngineEvent[] = []
      for await (const event of bench.engine.events(bench.labels, bench.signal, range)) seen.push(event)
      return seen
    }
    const until = new Date().toISOString()
    // What it has told may come to be remembered a moment later.
    let seen = await told({ since, until })
    while (!seen.some(({ action }) => action === 'die'))
      seen = await told({ since, until: new Date(Date.now() + 1000).toISOString() })
    expect(seen.map(({ action }) => action)).toEqual(expect.arrayContaining(['create', 'start', 'kill', 'die']))
    expect(seen.find(({ action }) => action === 'die')).toMatchObject({ exitCode: 137, name: spec.name, signal: null })
    expect(['9', 'SIGKILL', 'KILL', null]).toContain(seen.find(({ action }) => action === 'kill')?.signal)
    const hour = 3_600_000
    const past = { since: new Date(Date.now() - 2 * hour), until: new Date(Date.now() - hour) }
    expect(await told({ since: past.since.toISOString(), until: past.until.toISOString() })).toEqual([])
  })
}

const stats = (under: EngineUnderTest): void => {
  it('measures a running container, where it can', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo spun; sleep 60')
    for await (const { data } of bench.engine.logs(id, { follow: true }, bench.signal)) if (data.includes('spun')) break
    const sample = await bench.engine.stats(id)
    if (!bench.info.limits.memory) return expect(sample).toBeNull()
    expect(sample?.memoryBytes).toBeGreaterThan(10_000)
    expect(sample?.pids).toBeGreaterThanOrEqual(bench.info.limits.pids ? 1 : 0)
    return expect(sample?.cpuNanos).toBeGreaterThan(1_000_000)
  })
}

export const engineStreamTests = (under: EngineUnderTest): void => {
  describe('archive, events, stats', () => {
    if (under.sandbox) archives(under)
    if (under.sandbox) events(under)
    stats(under)
  })
}
