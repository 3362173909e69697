import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { host } from '../../src/engines/host.ts'
import { processes } from '../../src/std/processes.ts'
import { engineSuite } from '../conformance/engine.ts'
import { engineBench, textOf } from '../conformance/engine-bench.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'

const folder = temporaryFolder('berth-host-')
afterAll(() => folder[Symbol.dispose]())
const { uid, gid } = userInfo()
const under = { make: () => host({ root: folder.at('host') }), image: '', caller: { uid, gid }, sandbox: false }

engineSuite('host', under)

const isAlive = (pid: number) => processes().some((row) => row.pid === pid)
const parentOf = (pid: number) => processes().find((row) => row.pid === pid)?.parent ?? 0
const gone = async (pids: readonly number[]) => {
  for (const until = Date.now() + WAIT_MS; pids.some(isAlive) && Date.now() < until; ) await sleep(20)
  return pids.filter(isAlive)
}

/** Starts a process with children, two of them in sessions of their own, one orphaned; gives all their pids. */
const CHILDREN = `(setsid sleep 1000 & echo $! >&2) & wait
sleep 1000 & echo $! >&2
setsid sh -c 'echo $$ >&2; exec sleep 1000' &
echo $$ >&2; echo ready; wait`

const withChildren = async (bench: Awaited<ReturnType<typeof engineBench>>) => {
  const { id } = await bench.run(CHILDREN)
  let text = ''
  for await (const { data } of bench.engine.logs(id, { follow: true }, bench.signal)) {
    text += data.toString()
    if (text.includes('ready') && (text.match(/\d+\n/g) ?? []).length === 4) break
  }
  const pids = (text.match(/\d+/g) ?? []).map(Number)
  expect(pids.filter(isAlive)).toHaveLength(4)
  const first = (await bench.engine.inspect(id))?.pid ?? 0
  return { id, pids, first }
}

describe('processes of the host', () => {
  it('SIGKILL leaves nothing behind, also what left the group', async () => {
    await using bench = await engineBench(under)
    const { id, pids } = await withChildren(bench)
    expect(await bench.engine.kill(id, 'SIGKILL')).toBe(true)
    expect((await bench.engine.wait(id, bench.signal)).code).toBe(137)
    expect(await gone(pids)).toEqual([])
  })

  it('its first process killed by somebody else: the end is on record and nothing is left, with no engine there', async () => {
    await using bench = await engineBench(under)
    const { id, pids, first } = await withChildren(bench)
    process.kill(first, 'SIGKILL')
    expect(await gone(pids)).toEqual([])
    expect(await bench.engine.wait(id, bench.signal)).toEqual({ code: 137, oom: false, error: null })
  })

  it('the one who watches killed: the next look ends it all', async () => {
    await using bench = await engineBench(under)
    const { id, pids, first } = await withChildren(bench)
    const waiting = bench.engine.wait(id, bench.signal)
    process.kill(parentOf(first), 'SIGKILL')
    expect((await waiting).code).toBe(137)
    expect(await gone(pids)).toEqual([])
    expect(await bench.engine.inspect(id)).toMatchObject({ state: 'exited', pid: null })
  })

  it('remove ends what runs, and a command beside it', async () => {
    await using bench = await engineBench(under)
    const { id, pids } = await withChildren(bench)
    const session = await bench.engine.exec(id, { argv: ['sh', '-c', 'echo $$; exec sleep 1000'] }, bench.signal)
    const beside = Number((await session.output[Symbol.asyncIterator]().next()).value.data.toString())
    await bench.engine.remove(id)
    expect(await gone([...pids, beside])).toEqual([])
    expect(await bench.engine.inspect(id)).toBeUndefined()
  })

  it('another one of the same folder finds it and its end', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('echo one; sleep 0.3; echo two; exit 6')
    const second = under.make()
    expect(await second.inspect(id)).toMatchObject({ state: 'running' })
    expect((await textOf(second.logs(id, { follow: true }, bench.signal))).stdout).toBe('one\ntwo\n')
    expect((await second.wait(id, bench.signal)).code).toBe(6)
  })

  it('two starts at once make one process', async () => {
    await using bench = await engineBench(under)
    const note = bench.folder.at('starts')
    const id = await bench.engine.create(bench.spec(`echo once >>${note}; sleep 1`))
    await Promise.all([bench.engine.start(id), under.make().start(id)])
    await bench.engine.wait(id, bench.signal)
    expect(readFileSync(note, 'utf8')).toBe('once\n')
  })
})
