import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { seccompText } from '../../src/domain/seccomp-profile.ts'
import { docker } from '../../src/engines/docker.ts'
import { podman } from '../../src/engines/podman.ts'
import { engineBench } from '../conformance/engine-bench.ts'
import { rootfulEngines, testEngines } from '../fixtures/engines.ts'
import { answersOf, CLOSED, doorProbe, OPEN, REFUSED } from '../fixtures/kernel-doors.ts'
import { filterOf, I386, passes, X86_64 } from '../fixtures/system-call-filter.ts'
import { workshop } from '../fixtures/workshop.ts'

const [SOCKET_32, SOCKETCALL, READ_32] = [359, 102, 3]
const [UNIX, VSOCK] = [1, 40]
const refused = Object.values(REFUSED)

/** A container of an engine under the profile of every task. */
const under = async ({ name, kind, endpoint }: ReturnType<typeof testEngines>[number]) => {
  const bench = await engineBench({
    make: () => (kind === 'docker' ? docker({ endpoint }) : podman({ endpoint })),
    image: 'berth-agent:latest',
    caller: name === 'rootless' ? callerOf(endpoint) : { uid: 1000, gid: 1000 },
    sandbox: true,
  })
  const seccomp = bench.folder.at('seccomp.json')
  writeFileSync(seccomp, seccompText(), { mode: 0o644 })
  return { bench, seccomp }
}
const callerOf = (endpoint: string) => {
  const uid = Number(/\/user\/(\d+)\//.exec(endpoint)?.[1])
  return { uid, gid: uid }
}

describe.runIf(process.arch === 'x64')('doors of the kernel', () => {
  test.each(testEngines())('are closed on $name; what a program needs is open', async (engine) => {
    const { bench, seccomp } = await under(engine)
    await using _ = bench
    const argv = ['/usr/bin/perl', '-e', doorProbe({ ...OPEN, ...CLOSED })]
    const { stdout } = await bench.finish('', { argv, seccomp })
    const answers = answersOf(stdout)
    expect(Object.keys(answers)).toEqual([...Object.keys(OPEN), ...Object.keys(CLOSED)])
    expect(Object.keys(OPEN).filter((name) => answers[name] !== 0)).toEqual([])
    expect(Object.keys(CLOSED).filter((name) => !refused.includes(answers[name] ?? 0))).toEqual([])
    expect(answers['a user namespace, by clone3']).toBe(REFUSED.ENOSYS)
  })

  test.each(testEngines())('are read back on $name: another profile does not pass for ours', async (engine) => {
    const { bench, seccomp } = await under(engine)
    await using _ = bench
    const { id, spec } = await bench.run('sleep 60', { seccomp })
    const { settings } = await bench.engine.check(id, spec)
    const same = { asked: "Berth's profile", effective: "Berth's profile", enforced: true }
    expect(settings.find(({ setting }) => setting === 'seccomp')).toMatchObject(same)
    const other = await bench.run('sleep 60')
    const check = bench.engine.check(other.id, { ...other.spec, seccomp })
    await expect(check).rejects.toThrow(/seccomp: asked Berth's profile, found another profile/)
  })

  test.each(rootfulEngines())('are closed to 32-bit programs on $name, whatever this kernel runs', async (engine) => {
    const { bench, seccomp } = await under(engine)
    await using _ = bench
    const { id } = await bench.run('sleep 60', { seccomp })
    const filter = filterOf((await bench.engine.inspect(id))?.pid ?? 0)
    const asked = (number: number, ...args: readonly number[]) => passes(filter, { architecture: I386, number, args })
    expect(asked(READ_32, 0, 0, 0)).toBe(true)
    expect(asked(SOCKET_32, UNIX, 1, 0)).toBe(true)
    expect(asked(SOCKET_32, VSOCK, 1, 0)).toBe(false)
    // One call for all that has to do with sockets, whose arguments no filter sees: socket, bind, connect, ... sendmmsg.
    for (let kind = 0; kind <= 20; kind++) expect(asked(SOCKETCALL, kind, 0x1000)).toBe(false)
    expect(passes(filter, { architecture: X86_64, number: 41, args: [VSOCK, 1, 0] })).toBe(false)
    expect(passes(filter, { architecture: 0x40000028, number: 3, args: [] })).toBe(false)
  })

  test.each(rootfulEngines())('are closed on $name also for a task with --policy open', async ({ flag }) => {
    const shop = await workshop(flag)
    try {
      const shell = `perl -e '${doorProbe({ ...OPEN, ...CLOSED })}'`
      const { id, code } = await shop.job({ shell, args: ['--policy', 'open'] })
      expect(code).toBe(0)
      const events = await shop.b.events(id)
      const said = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : [])).join('\n')
      const answers = answersOf(said)
      expect(Object.keys(CLOSED).filter((name) => !refused.includes(answers[name] ?? 0))).toEqual([])
      const started = events.find((event) => event.type === 'container.started')
      expect(JSON.stringify(started)).toContain("Berth's profile")
    } finally {
      await shop.close()
    }
  })
})
