import { mkdirSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ContainerSpec } from '../../src/domain/container-spec.ts'
import { droppedBy, TIERS } from '../../src/domain/policy.ts'
import { type EngineUnderTest, engineBench, failure } from './engine-bench.ts'

const MIB = 1024 * 1024
const asked = (value: number) => ({ value, asked: true })
const standard = (value: number) => ({ value, asked: false })

const mounted = (bench: Awaited<ReturnType<typeof engineBench>>) => {
  for (const name of ['work', 'mirror']) {
    mkdirSync(bench.folder.at(name), { mode: 0o755 })
    bench.mine(bench.folder.at(name))
  }
  return [
    { source: bench.folder.at('work'), target: '/work', readOnly: false, role: 'workspace' },
    { source: bench.folder.at('mirror'), target: '/mirror', readOnly: true, role: 'mirror' },
  ]
}

const sandbox = (under: EngineUnderTest): void => {
  it('is closed: no network, no capability, no new privileges, read-only where asked', async () => {
    await using bench = await engineBench(under)
    const mounts = mounted(bench)
    const script =
      'ls /sys/class/net; grep -E "^(Cap|NoNew)" /proc/self/status; touch /work/mine; touch /mirror/x || echo read-only'
    const { stdout } = await bench.finish(script, { mounts })
    expect(stdout.split('\n')[0]).toBe('lo')
    expect(stdout.match(/^Cap\w+:\s+0+$/gm)).toHaveLength(5)
    expect(stdout).toMatch(/NoNewPrivs:\s+1\nread-only/)
    const { uid, gid } = statSync(bench.folder.at('work', 'mine'))
    expect({ uid, gid }).toEqual(under.caller)
  })

  it('refuses a mount whose folder is not there', async () => {
    await using bench = await engineBench(under)
    const mounts = [{ source: bench.folder.at('none'), target: '/work', readOnly: false, role: 'volume' }]
    const started = bench.engine.create(bench.spec('true', { mounts })).then((id) => bench.engine.start(id))
    const failed = await failure(started)
    expect(failed).toMatchObject({ code: 'engine-error' })
    expect(failed.message).toContain(bench.folder.at('none'))
  })

  it('lets the engine’s own network in where asked', async () => {
    await using bench = await engineBench(under)
    const { id, spec } = await bench.run('sleep 60', { network: 'engine' })
    const { settings } = await bench.engine.check(id, spec)
    expect(settings.find(({ setting }) => setting === 'network')).toMatchObject({ asked: 'engine', enforced: true })
    const other = failure(bench.engine.check(id, { ...spec, network: 'none' }))
    expect((await other).message).toContain('network: asked none')
  })
}

const checks = (under: EngineUnderTest): void => {
  it('passes what runs as asked, and tells the pid', async () => {
    await using bench = await engineBench(under)
    const { id, spec } = await bench.run('sleep 60', { mounts: mounted(bench) })
    const { settings, pid } = await bench.engine.check(id, spec)
    expect(pid).toBe((await bench.engine.inspect(id))?.pid)
    expect(settings.map(({ setting }) => setting)).toEqual(
      expect.arrayContaining(['user', 'network', 'mount /work', 'mount /mirror', 'capabilities', 'no-new-privileges']),
    )
    expect(settings.filter(({ enforced }) => !enforced)).toEqual([])
    expect(settings.find(({ setting }) => setting === 'capabilities')?.effective).toBe('none')
  })

  it('fails, with its name, for each setting that differs', async () => {
    await using bench = await engineBench(under)
    const mounts = mounted(bench)
    const inMemory = (...options: readonly string[]) => [{ target: '/cache', options }]
    const loose = await bench.run('sleep 60', {
      mounts,
      capDrop: [],
      noNewPrivileges: false,
      tmpfs: inMemory('rw', 'noexec', 'size=1048576'),
    })
    const tight: ContainerSpec = { ...loose.spec, capDrop: ['ALL'], noNewPrivileges: true }
    const wrong: readonly (readonly [string, ContainerSpec])[] = [
      ['capabilities', { ...loose.spec, capDrop: ['ALL'] }],
      ['capabilities', { ...loose.spec, capDrop: ['CAP_CHOWN'] }],
      ['no-new-privileges', { ...loose.spec, noNewPrivileges: true }],
      ['read-only root', { ...loose.spec, readOnlyRoot: true }],
      ['tmpfs /cache', { ...loose.spec, tmpfs: inMemory('rw', 'exec') }],
      ['tmpfs /cache', { ...loose.spec, tmpfs: inMemory('ro') }],
      ['tmpfs /cache', { ...loose.spec, tmpfs: inMemory('size=4096') }],
      ['tmpfs /other', { ...loose.spec, tmpfs: [{ target: '/other', options: ['rw'] }] }],
      ['apparmor', { ...loose.spec, apparmor: 'berth-none' }],
      ['security label', { ...loose.spec, securityLabel: ['type:berth_none_t'] }],
      ['user', { ...loose.spec, user: { uid: 4242, gid: 4242 } }],
      ['mount /mirror', { ...loose.spec, mounts: mounts.slice(0, 1) }],
      ['mount /work', { ...loose.spec, mounts: mounts.map((mount) => ({ ...mount, readOnly: true })) }],
      ['mount /other', { ...loose.spec, mounts: [...mounts, { ...mounts[0]!, target: '/other' }] }],
    ]
    await bench.engine.check(loose.id, loose.spec)
    for (const [setting, spec] of wrong) {
      const failed = await failure(bench.engine.check(loose.id, spec))
      expect(failed).toMatchObject({ code: 'engine-error' })
      expect(failed.message).toContain(`${setting}: asked`)
    }
    expect((await failure(bench.engine.check(loose.id, tight))).message).toMatch(
      /capabilities: .*; no-new-privileges: /,
    )
    expect(await failure(bench.engine.check('berth-no-such', tight))).toMatchObject({ code: 'engine-error' })
  })
}

const machine = (under: EngineUnderTest): void => {
  it('gives what is asked of the machine, and tells what differs', async () => {
    await using bench = await engineBench(under)
    const device = { source: '/dev/null', target: '/dev/spare', access: 'rw' }
    const limit = (name: string, value: number) => ({ name, soft: value, hard: value })
    const ulimits = [limit('nofile', 1500), limit('nproc', 1000)]
    const { id, spec } = await bench.run('echo x >/dev/spare && exec sleep 60', {
      devices: [device],
      shmBytes: MIB,
      ulimits,
    })
    const { settings } = await bench.engine.check(id, spec)
    const effective = Object.fromEntries(settings.map((one) => [one.setting, one.effective]))
    expect(effective).toMatchObject({
      'device /dev/spare': '/dev/null (rw)',
      'shm-size': `${MIB}`,
      'ulimit nofile': '1500:1500',
      'ulimit nproc': '1000:1000',
    })
    const other = { ...device, target: '/dev/other' }
    const wrong = { ...spec, devices: [device, other], shmBytes: 2 * MIB, ulimits: [limit('nofile', 1501)] }
    expect((await failure(bench.engine.check(id, wrong))).message).toMatch(
      /ulimit nofile: asked 1501:1501, .*; shm-size: asked .*; device \/dev\/other: asked .*, found missing/,
    )
  })
}

const tiers = (under: EngineUnderTest): void => {
  it('tells a container with a root inside from one without', async () => {
    await using bench = await engineBench(under)
    const rights = { capDrop: droppedBy(TIERS.privileged), noNewPrivileges: false }
    const loose = await bench.run('sleep 60', rights)
    const tight = await bench.run('sleep 60')
    const { settings } = await bench.engine.check(loose.id, loose.spec)
    expect(settings.filter(({ enforced }) => !enforced)).toEqual([])
    const names = settings.find(({ setting }) => setting === 'capabilities')?.effective.split(' ')
    expect(names?.sort()).toEqual(TIERS.privileged.capabilities)
    const wrong = /capabilities: .*; no-new-privileges: /
    await expect(bench.engine.check(loose.id, { ...loose.spec, ...tight.spec, name: loose.spec.name })).rejects.toThrow(
      wrong,
    )
    await expect(bench.engine.check(tight.id, { ...tight.spec, ...rights })).rejects.toThrow(wrong)
  })
}

const open = (under: EngineUnderTest): void => {
  it('tells what it has not got, and refuses what was asked of a container', async () => {
    await using bench = await engineBench(under)
    const { id, spec } = await bench.run('sleep 60')
    const closed: ContainerSpec = { ...spec, network: 'none', capDrop: ['ALL'], noNewPrivileges: true }
    const { settings, pid } = await bench.engine.check(id, closed)
    expect(pid).toBe((await bench.engine.inspect(id))?.pid)
    const lacking = settings.filter(({ enforced }) => !enforced).map(({ setting }) => setting)
    expect(lacking).toEqual(['network', 'capabilities', 'no-new-privileges'])
    const mounts = [{ source: bench.folder.path, target: '/work', readOnly: false, role: 'volume' }]
    for (const change of [{ mounts }, { user: { uid: under.caller.uid + 1, gid: 1 } }]) {
      const refused = await failure(bench.engine.create(bench.spec('true', change)))
      expect(refused).toMatchObject({ code: 'engine-error' })
    }
    expect(await bench.engine.list(bench.labels)).toHaveLength(1)
    expect(await failure(bench.engine.check('berth-no-such', closed))).toMatchObject({ code: 'engine-error' })
  })
}

const limits = (under: EngineUnderTest): void => {
  it('enforces limits, or says that it cannot', async () => {
    await using bench = await engineBench(under)
    const can = bench.info.limits
    const change = { memoryBytes: standard(64 * MIB), cpus: standard(0.5), pids: standard(40) }
    const { id, spec } = await bench.run('sleep 60', change)
    const { settings } = await bench.engine.check(id, spec)
    const by = Object.fromEntries(settings.map((one) => [one.setting, one]))
    const shown = (value: number, enforced: boolean) => ({
      asked: `${value}`,
      effective: enforced ? `${value}` : 'none',
      enforced,
    })
    expect(by['memory']).toMatchObject(shown(64 * MIB, can.memory))
    expect(by['cpus']).toMatchObject(shown(0.5, can.cpus))
    expect(by['pids']).toMatchObject(shown(40, can.pids))
  })

  it('ends what takes more memory than asked for; refuses a limit it cannot keep', async () => {
    await using bench = await engineBench(under)
    const script = 'head -c 200000000 /dev/zero | tail -c 190000000 | wc -c'
    const spec = { memoryBytes: asked(64 * MIB), argv: ['/bin/sh', '-c', `exec /bin/sh -c '${script}'`] }
    if (!bench.info.limits.memory) {
      expect(await failure(bench.engine.create(bench.spec('', spec)))).toMatchObject({ code: 'engine-error' })
      return expect(await bench.engine.list(bench.labels)).toEqual([])
    }
    const { stdout } = await bench.finish('', spec)
    return expect(stdout.trim()).not.toBe('190000000')
  })

  it('stops what makes more processes than asked for', async () => {
    await using bench = await engineBench(under)
    if (!bench.info.limits.pids) {
      const refused = failure(bench.engine.create(bench.spec('', { pids: asked(20) })))
      return expect(await refused).toMatchObject({ code: 'engine-error' })
    }
    const { stderr } = await bench.finish('for i in $(seq 60); do sleep 2 & done', { pids: asked(20) })
    return expect(stderr).toMatch(/fork/i)
  })
}

export const engineCheckTests = (under: EngineUnderTest): void => {
  describe('sandbox and check', () => {
    if (under.sandbox) sandbox(under)
    if (under.sandbox) machine(under)
    if (under.sandbox) tiers(under)
    if (under.sandbox) checks(under)
    else open(under)
    limits(under)
  })
}
