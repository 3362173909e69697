import { describe, expect, it } from 'vitest'
import { capabilitiesOf } from '../../domain/capabilities.ts'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { dockerTmpfs, podmanTmpfs } from '../../domain/tmpfs-text.ts'
import type { EngineInfo } from '../engine.ts'
import { capabilitiesByInspect, heldInSpite } from './capabilities.ts'
import { createBody } from './create-body.ts'
import { effectiveSettings } from './effective-settings.ts'

const spec: ContainerSpec = {
  name: 'berth-1',
  image: 'agent',
  argv: ['/init', '--', 'worker'],
  env: { A: 'b' },
  workdir: '/work',
  user: { uid: 1000, gid: 1000 },
  userNamespace: 'none',
  network: 'none',
  mounts: [],
  labels: {},
  memoryBytes: { value: 1024, asked: false },
  cpus: null,
  pids: { value: 9, asked: true },
  capDrop: ['ALL'],
  noNewPrivileges: true,
}
const info = (can: boolean): EngineInfo => ({
  kind: 'podman',
  version: '4.3.1',
  apiVersion: '1.41',
  rootless: !can,
  architecture: 'amd64',
  cgroup: 'v1',
  limits: { memory: can, cpus: can, pids: can },
  userNamespace: 'none',
  logDriver: 'k8s-file',
  inotifyLogs: false,
  layers: true,
  seccomp: can,
  selinux: can,
  apparmor: can,
  ulimits: can,
  gpus: can ? 'requests' : 'cdi',
  runtimes: [],
  sandbox: true,
})
const wire = {
  Id: 'abc',
  Config: { User: '1000:1000' },
  HostConfig: {
    NetworkMode: 'none',
    CapDrop: 'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
      ' ',
    ),
    SecurityOpt: ['no-new-privileges'],
    Memory: 1024,
    PidsLimit: 9,
  },
}
const FACTS = {
  uid: 1000,
  capabilities: '0',
  noNewPrivileges: true,
  mounts: '',
  limits: undefined,
  userLimits: { sigpending: null, msgqueue: null },
  memoryBytes: 1024,
  cpus: null,
  pids: 9,
}
const wrong = (over: object, can = true) =>
  effectiveSettings({
    spec,
    info: info(can),
    wire: { ...wire, HostConfig: { ...wire.HostConfig, ...over } },
    process: undefined,
    seccomp: null,
  })
    .filter(({ differs }) => differs)
    .map(({ setting }) => setting)

describe('capabilities', () => {
  it('reads a mask', () => {
    expect(capabilitiesOf('0000000000000000')).toEqual([])
    expect(capabilitiesOf('0000000000000003')).toEqual(['CHOWN', 'DAC_OVERRIDE'])
    expect(capabilitiesOf('000001ffffffffff')).toHaveLength(41)
  })

  it('knows ALL, names with CAP_, and what an inspect leaves', () => {
    expect(heldInSpite(['ALL'], ['CHOWN'])).toEqual(['CHOWN'])
    expect(heldInSpite(['CAP_CHOWN'], ['CHOWN', 'KILL'])).toEqual(['CHOWN'])
    expect(capabilitiesByInspect(['ALL'], [])).toEqual([])
    expect(capabilitiesByInspect(['ALL'], ['CAP_SYS_ADMIN'])).toEqual(['SYS_ADMIN'])
    expect(capabilitiesByInspect(['CHOWN'], [])).not.toContain('CHOWN')
    expect(capabilitiesByInspect([], [])).toContain('CHOWN')
  })
})

describe('effectiveSettings, by an inspect alone', () => {
  it('passes what is as asked, also with the capabilities written out', () => expect(wrong({})).toEqual([]))

  it.each([
    [{ NetworkMode: 'bridge' }, 'network'],
    [{ CapDrop: ['KILL'] }, 'capabilities'],
    [{ CapAdd: ['SYS_ADMIN'] }, 'capabilities'],
    [{ Privileged: true }, 'capabilities'],
    [{ SecurityOpt: [] }, 'no-new-privileges'],
    [{ SecurityOpt: ['no-new-privileges=false'] }, 'no-new-privileges'],
    [{ Memory: 0 }, 'memory'],
    [{ Memory: 4096 }, 'memory'],
    [{ PidsLimit: null }, 'pids'],
  ])('%j differs in %s', (over, setting) => expect(wrong(over)).toEqual([setting]))

  it.each([
    ['AUDIT_WRITE MKNOD NET_RAW', {}, true],
    ['AUDIT_WRITE MKNOD NET_RAW', { CapAdd: ['NET_ADMIN'] }, false],
    ['AUDIT_WRITE MKNOD NET_RAW', { CapAdd: ['NET_RAW'] }, false],
    ['AUDIT_WRITE MKNOD NET_RAW', { CapDrop: ['CHOWN'] }, false],
    ['AUDIT_WRITE CHOWN MKNOD NET_RAW', { CapDrop: ['CHOWN'] }, true],
    ['AUDIT_WRITE MKNOD NET_RAW', { Privileged: true }, false],
    ['', { CapAdd: ['NET_RAW'] }, true],
    ['', { CapAdd: ['SYS_ADMIN'] }, false],
  ])('without %s, and then %j: as asked is %s', (dropped, over, same) => {
    const asked = { ...spec, capDrop: dropped.split(' ').filter(Boolean), noNewPrivileges: false }
    const HostConfig = { ...wire.HostConfig, CapDrop: [], SecurityOpt: [], ...over }
    const input = { spec: asked, info: info(true), wire: { ...wire, HostConfig }, process: undefined, seccomp: null }
    const differs = effectiveSettings(input).flatMap((one) => (one.differs ? [one.setting] : []))
    expect(differs).toEqual(same ? [] : ['capabilities'])
  })

  it('takes a default limit that the engine cannot keep as a fact, and an asked one as a difference', () => {
    expect(wrong({ Memory: 0, PidsLimit: 0 }, false)).toEqual(['pids'])
  })
})

describe('the profile of the engine', () => {
  const found = (can: boolean, SecurityOpt: readonly string[], filtered?: boolean) =>
    effectiveSettings({
      spec,
      info: info(can),
      wire: { ...wire, HostConfig: { ...wire.HostConfig, SecurityOpt } },
      process: filtered === undefined ? undefined : { ...FACTS, filtered },
      seccomp: null,
    }).find(({ setting }) => setting === 'seccomp')

  it('is in force where nobody names another, and the kernel filters', () => {
    const asked = "the engine's profile"
    expect(found(true, [])).toMatchObject({ asked, effective: asked, differs: false })
    expect(found(true, [], true)).toMatchObject({ effective: asked, enforced: true, differs: false })
    expect(found(true, [], false)).toMatchObject({ effective: 'none', enforced: false, differs: true })
    expect(found(true, ['seccomp=unconfined'], true)).toMatchObject({ effective: 'another profile', differs: true })
    expect(found(false, [], false)).toMatchObject({ effective: 'none', enforced: false, differs: false })
  })
})

describe('the seccomp profile', () => {
  const found = (given: string | null, { told, filtered }: { told: readonly string[]; filtered?: boolean }) =>
    effectiveSettings({
      spec: { ...spec, seccomp: '/toolbox/seccomp.json' },
      info: info(true),
      wire: { ...wire, HostConfig: { ...wire.HostConfig, SecurityOpt: ['no-new-privileges', ...told] } },
      process: filtered === undefined ? undefined : { ...FACTS, filtered },
      seccomp: given,
    }).find(({ setting }) => setting === 'seccomp')

  it('is in force where the engine names it, and the kernel does not deny it', () => {
    const same = { effective: "Berth's profile", enforced: true, differs: false }
    expect(found('seccomp=/p', { told: ['seccomp=/p'] })).toMatchObject(same)
    expect(found('seccomp=/p', { told: ['seccomp=/p'], filtered: true })).toMatchObject(same)
  })

  it('differs where another one is in force, or none', () => {
    for (const told of [[], ['seccomp=unconfined'], ['seccomp=/other']])
      expect(found('seccomp=/p', { told, filtered: true })).toMatchObject({
        effective: 'another profile',
        differs: true,
      })
    expect(found('seccomp=/p', { told: ['seccomp=/p'], filtered: false })).toMatchObject({
      effective: 'none',
      differs: true,
    })
  })

  it('is told as not enforced where the engine takes none', () =>
    expect(found(null, { told: [] })).toMatchObject({ enforced: false, differs: false }))
})

const layer = {
  role: 'workspace',
  source: '/s/t/workspace',
  target: '/work',
  readOnly: false,
  over: { shared: '/s/trees/a/tree', work: '/s/t/layer' },
}
const OPTIONS = 'lowerdir=/s/trees/a/tree,upperdir=/s/t/workspace,workdir=/s/t/layer'

describe('a layer over a shared folder', () => {
  const there = { Type: 'volume', Source: '/var/lib/engine/1', Destination: '/work', RW: true }
  const differs = (host: object, mounts?: string, Mounts = [there]) =>
    effectiveSettings({
      spec: { ...spec, mounts: [layer] },
      info: info(true),
      wire: { ...wire, Mounts, HostConfig: { ...wire.HostConfig, ...host } },
      process:
        mounts === undefined
          ? undefined
          : {
              uid: 1000,
              capabilities: '0',
              noNewPrivileges: true,
              filtered: true,
              mounts,
              limits: undefined,
              userLimits: { sigpending: null, msgqueue: null },
              memoryBytes: 1024,
              cpus: null,
              pids: 9,
            },
      seccomp: null,
    })
      .filter((one) => one.differs)
      .map(({ effective }) => effective)
  const volume = (o: string) => ({ Mounts: [{ Target: '/work', VolumeOptions: { DriverConfig: { Options: { o } } } }] })

  it('is as asked by the engine’s word', () => {
    expect(differs(volume(OPTIONS))).toEqual([])
    expect(differs({ Binds: ['/a:/a:ro', `/var/lib/engine/1:/work:${OPTIONS},private`] })).toEqual([])
    expect(differs(volume(OPTIONS.replace('trees/a', 'trees/b')))).toEqual([
      '/s/t/workspace over /s/trees/b/tree (writable)',
    ])
    expect(differs({})).toEqual(['missing'])
    expect(differs(volume(OPTIONS), undefined, [])).toEqual(['missing'])
  })

  it('is what the kernel says, where that can be read', () => {
    const line = (options: string) => `overlay / overlay rw,lowerdir=/x 0 0\noverlay /work overlay rw,${options} 0 0\n`
    expect(differs({}, line(OPTIONS))).toEqual([])
    expect(differs(volume(OPTIONS), line(OPTIONS.replace('t/workspace', 'u/workspace')))).toEqual([
      '/s/u/workspace over /s/trees/a/tree (writable)',
    ])
    expect(differs(volume(OPTIONS), '/dev/vda /work ext4 rw 0 0\n')).toEqual(['missing'])
  })
})

const asked = {
  seccomp: null,
  usernsMode: () => '',
  mountForm: () => 'mount' as const,
  tmpfs: dockerTmpfs,
  layer: ({ target }: { readonly target: string }) => ({ bind: `a layer at ${target}` }),
}

describe('createBody', () => {
  it('asks for no limit that the engine cannot keep', () => {
    const { HostConfig } = createBody({ ...spec, pids: null }, info(false), asked)
    expect(HostConfig).not.toHaveProperty('Memory')
    expect(createBody(spec, info(true), asked).HostConfig).toMatchObject({
      Memory: 1024,
      MemorySwap: 1024,
      PidsLimit: 9,
    })
    expect(() => createBody(spec, info(false), asked)).toThrow('--pids')
  })

  it('gives limits of processes only to an engine that takes them', () => {
    const limited = { ...spec, pids: null, userLimits: { sigpending: 8, msgqueue: 9 } }
    expect(createBody(limited, info(true), asked).HostConfig).toMatchObject({
      Ulimits: [
        { Name: 'msgqueue', Soft: 9, Hard: 9 },
        { Name: 'sigpending', Soft: 8, Hard: 8 },
      ],
    })
    expect(createBody(limited, info(false), asked).HostConfig).not.toHaveProperty('Ulimits')
  })

  it('gives the seccomp profile beside no-new-privileges', () => {
    const { HostConfig } = createBody(spec, info(true), { ...asked, seccomp: 'seccomp=/p' })
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges', 'seccomp=/p'])
  })

  it('asks for what hardens a task, in the words of its engine', () => {
    const hardened = {
      ...spec,
      readOnlyRoot: true as const,
      tmpfs: [{ target: '/tmp', options: ['rw', 'exec', 'mode=1777'] }],
      securityLabel: ['type:spc_t', 'level:s0'],
      apparmor: 'mine',
    }
    expect(createBody(hardened, info(true), asked).HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,exec,mode=1777,uid=1000,gid=1000' },
      SecurityOpt: ['no-new-privileges', 'label=type:spc_t', 'label=level:s0', 'apparmor=mine'],
    })
    const { HostConfig } = createBody(hardened, info(true), { ...asked, tmpfs: podmanTmpfs })
    expect(HostConfig).toMatchObject({ Tmpfs: { '/tmp': 'rw,exec,mode=1777,notmpcopyup' } })
    for (const name of ['ReadonlyRootfs', 'Tmpfs'])
      expect(createBody(spec, info(true), asked).HostConfig).not.toHaveProperty(name)
  })

  it('is never removed by the engine, and runs our own init', () => {
    const body = createBody(spec, info(true), { ...asked, usernsMode: () => 'keep-id' })
    expect(body).toMatchObject({ Entrypoint: ['/init'], Cmd: ['--', 'worker'], User: '1000:1000' })
    expect(body.HostConfig).toMatchObject({
      AutoRemove: false,
      Init: false,
      UsernsMode: 'keep-id',
      NetworkMode: 'none',
    })
  })

  it('asks for a layer as the engine takes it, and for other mounts as ever', () => {
    const home = { role: 'home', source: '/s/t/home', target: '/home/agent', readOnly: true }
    const { HostConfig } = createBody({ ...spec, mounts: [layer, home] }, info(true), asked)
    expect(HostConfig).toMatchObject({ Binds: ['a layer at /work'] })
    const bind = { Type: 'bind', Source: '/s/t/home', Target: '/home/agent', ReadOnly: true }
    expect(HostConfig.Mounts).toEqual([bind])
    const volume = { Type: 'volume' }
    const other = createBody({ ...spec, mounts: [layer, home] }, info(true), {
      ...asked,
      layer: () => ({ mount: volume }),
    })
    expect(other.HostConfig.Mounts).toEqual([volume, bind])
    expect(other.HostConfig).not.toHaveProperty('Binds')
  })
})
