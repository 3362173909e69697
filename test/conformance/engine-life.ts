import { describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineBench, failure } from './engine-bench.ts'

const making = (under: EngineUnderTest): void => {
  it('adopts the container of the same name and labels, and no other', async () => {
    await using bench = await engineBench(under)
    const spec = bench.spec('true', { labels: { ...bench.labels, 'berth.task': 't-1' } })
    const id = await bench.engine.create(spec)
    expect(await bench.engine.create(spec)).toBe(id)
    expect(await bench.engine.inspect(id)).toMatchObject({ name: spec.name, state: 'created', exit: null, pid: null })
    const other = { ...spec, labels: { ...bench.labels, 'berth.task': 't-2' } }
    const taken = await failure(bench.engine.create(other))
    expect(taken).toMatchObject({ code: 'engine-error' })
    expect(taken.message).toContain(spec.name)
    expect((await bench.engine.inspect(spec.name))?.id).toBe(id)
  })

  it('starts twice as once', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const first = await bench.engine.inspect(id)
    await bench.engine.start(id)
    const second = await bench.engine.inspect(id)
    expect(first).toMatchObject({ state: 'running', exit: null, labels: bench.labels })
    expect(second?.pid).toBe(first?.pid)
    expect(second?.pid).toBeGreaterThan(1)
  })

  it('gives argv, environment, folder and user as asked', async () => {
    await using bench = await engineBench(under)
    const env = { PLAIN: 'a b', EMPTY: '', TEXT: 'x=y "z" $HOME ü' }
    const script = 'pwd; id -u; echo "$PLAIN|$EMPTY|$TEXT"; printf "%s|" "$@"'
    const argv = ['/bin/sh', '-c', script, 'sh', '--flag', 'two words', '']
    const { stdout, exit } = await bench.finish('', { env, workdir: '/tmp', argv })
    expect(stdout).toBe(`/tmp\n${under.caller.uid}\na b||x=y "z" $HOME ü\n--flag|two words||`)
    expect(exit).toEqual({ code: 0, oom: false, error: null })
  })

  it('names a program that is not there', async () => {
    await using bench = await engineBench(under)
    const id = await bench.engine.create(bench.spec('', { argv: ['/no/such/program'] }))
    const failed = await failure(bench.engine.start(id))
    expect(failed).toMatchObject({ code: 'engine-error' })
    expect(failed.message).toContain('/no/such/program')
  })
}

const ending = (under: EngineUnderTest): void => {
  it.each([0, 7])('tells exit code %d', async (code) => {
    await using bench = await engineBench(under)
    const { id, exit } = await bench.finish(`exit ${code}`)
    expect(exit).toEqual({ code, oom: false, error: null })
    expect(await bench.engine.wait(id, bench.signal)).toEqual(exit)
    const found = await bench.engine.inspect(id)
    expect(found).toMatchObject({ state: 'exited', exit, pid: null })
    const ran = Date.parse(found?.finishedAt ?? '') - Date.parse(found?.startedAt ?? '')
    expect(ran).toBeGreaterThan(-100)
    // Not the year 1, which engines give a container that has not ended.
    expect(ran).toBeLessThan(3_600_000)
  })

  it('sends signals, and says when there is nobody to get one', async () => {
    await using bench = await engineBench(under)
    const polite = await bench.run('trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done')
    const rude = await bench.run('sleep 60')
    for await (const { data } of bench.engine.logs(polite.id, { follow: true }, bench.signal)) {
      if (data.includes('ready')) break
    }
    expect(await bench.engine.kill(polite.id, 'SIGTERM')).toBe(true)
    expect(await bench.engine.kill(rude.id, 'SIGKILL')).toBe(true)
    expect((await bench.engine.wait(polite.id, bench.signal)).code).toBe(9)
    expect((await bench.engine.wait(rude.id, bench.signal)).code).toBe(137)
    expect(await bench.engine.kill(rude.id, 'SIGKILL')).toBe(false)
    expect(await bench.engine.kill('berth-no-such', 'SIGKILL')).toBe(false)
  })

  it('stops waiting at once when aborted', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const stop = new AbortController()
    const waiting = bench.engine.wait(id, stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(await bench.engine.inspect(id)).toMatchObject({ state: 'running' })
  })

  it('lists by labels and removes running ones; what is gone is undefined', async () => {
    await using bench = await engineBench(under)
    const one = await bench.run('sleep 60', { labels: { ...bench.labels, part: 'one' } })
    const two = await bench.run('exit 3', { labels: { ...bench.labels, part: 'two' } })
    await bench.engine.wait(two.id, bench.signal)
    const ids = async (labels: Record<string, string>) =>
      (await bench.engine.list(labels)).map(({ id }) => id).toSorted()
    expect(await ids(bench.labels)).toEqual([one.id, two.id].toSorted())
    expect(await ids({ ...bench.labels, part: 'two' })).toEqual([two.id])
    expect((await bench.engine.list({ ...bench.labels, part: 'two' }))[0]?.exit?.code).toBe(3)
    await bench.engine.remove(one.id)
    await bench.engine.remove(one.id)
    expect(await bench.engine.inspect(one.id)).toBeUndefined()
    expect(await ids(bench.labels)).toEqual([two.id])
  })
}

export const engineLifeTests = (under: EngineUnderTest): void => {
  describe('life of a container', () => {
    making(under)
    ending(under)
  })
}
