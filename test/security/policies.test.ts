import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testEngines } from '../fixtures/engines.ts'
import { doorProbe } from '../fixtures/kernel-doors.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { rootImage } from '../fixtures/root-image.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const user = ordinaryUser()
const runtime = `/run/user/${user.uid}`
const OWN_SOCKET = `${runtime}/podman/podman.sock`
const TRUST = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }
const AS_USER = { uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: runtime } }

/** Docker by a user who is not root, Podman as root, Podman of that user. */
const places = [
  ...testEngines().flatMap(({ name, kind, endpoint }) =>
    name === 'rootless' ? [] : [{ name, kind, endpoint, as: name === 'docker' ? AS_USER : {} }],
  ),
  ...(existsSync(OWN_SOCKET)
    ? [{ name: 'rootless Podman', kind: 'podman', endpoint: `unix://${OWN_SOCKET}`, as: AS_USER } as const]
    : []),
]

const NONE = '0000000000000000'
/** CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP */
const OF_ROOT = '00000000800405fb'
const PROTOCOL_REFUSED = '93'

/** What a program in the sandbox finds out about its rights, a line each. */
const PROBE = [
  'echo uid=$(id -u)',
  "sed -nE 's/^(CapEff|CapBnd|NoNewPrivs|Seccomp):\\t/\\1=/p' /proc/self/status",
  'echo net=$(ls /sys/class/net)',
  "echo setuid=$(root-sh -p -c 'id -u')",
  `perl -e '${doorProbe({ netlink: [41, 16, 3, 16] })}'`,
].join('; ')

/** Files of another user, with a setuid bit, and closed to others, in each folder that a task may write. */
const AS_ROOT = [
  'umask 077; mkdir -p /work/own $HOME/.cache/deep /berth/exchange/deep; echo x > $HOME/.cache/deep/x',
  'echo root > /work/own/text; cp /bin/true /work/own/root; chmod -R a+rX /work/own',
  'chown -R 4242:4343 /work/own $HOME/.cache/deep /berth/exchange/deep; chmod 6755 /work/own/root',
].join('; ')

describe.each(places)('policies on $name', ({ name, kind, endpoint, as }) => {
  const folder = temporaryFolder('berth-policies-')
  const bare = makeBare(folder.at('project.git'))
  let shop: Workshop
  let image: ReturnType<typeof rootImage>
  beforeAll(async () => {
    chmodSync(folder.path, 0o755)
    if ('uid' in as) giveTo(folder.path, as)
    shop = await workshop(kind, as)
    image = rootImage({ kind, endpoint }, 'berth-test-root:1')
  })
  afterAll(async () => {
    image[Symbol.dispose]()
    await shop.close()
    folder[Symbol.dispose]()
  })
  const inside = async (policy: string, shell: string, args: readonly string[] = []) => {
    const ran = await shop.job({ shell, args: ['--policy', policy, '--image', image.tag, ...args] })
    expect(ran).toMatchObject({ code: 0 })
    const events = await shop.b.events(ran.id)
    return { ...ran, said: events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))[0] ?? '' }
  }
  const probe = async (policy: string) => {
    const { said } = await inside(policy, PROBE)
    return Object.fromEntries(
      said
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    )
  }

  test('a program in each finds other rights', async () => {
    const id = String('uid' in as ? as.uid : 1000)
    const sandboxed = {
      uid: id,
      CapEff: NONE,
      CapBnd: NONE,
      NoNewPrivs: '1',
      Seccomp: '2',
      net: 'lo',
      setuid: id,
      netlink: PROTOCOL_REFUSED,
    }
    expect(await probe('sandboxed')).toEqual(sandboxed)
    const open = await probe('open')
    expect(open).toEqual({ ...sandboxed, net: expect.stringMatching(/^(?=.*\blo\b).*\w+ \w+/) })
    const rights = { CapBnd: OF_ROOT, NoNewPrivs: '0', setuid: '0', netlink: '0' }
    const root = name === 'rootless Podman' ? { uid: '0', CapEff: OF_ROOT } : {}
    expect(await probe('privileged')).toEqual({ ...open, ...rights, ...root })
  })

  test('files of the container’s root become the caller’s: the work is pushed, and everything can be removed', async () => {
    const shell = `root-sh -p -c '${AS_ROOT}'; echo made > made.txt; git add .; git commit -qm made; stat -c %u:%A own/root`
    const { id, said, stdout } = await inside('privileged', shell, ['--repo', `file://${bare}`, '--branch', 'main'])
    expect(said).toContain('4242:-rws')
    expect(stdout).toContain('--policy privileged: the agent can become root in its container')
    expect(git(bare, ['show', `berth/${id}:own/text`], TRUST)).toBe('root')
    await shop.b.until(id, ({ type }) => type === 'container.removed')
    const task = join(shop.b.home, 'tasks', id)
    const find = (...tests: readonly string[]) => execFileSync('find', [task, ...tests]).toString()
    expect(find('-path', '*/deep/x')).not.toBe('')
    expect(find('!', '-uid', String('uid' in as ? as.uid : 1000), '!', '-uid', '0')).toBe('')
    expect(find('-path', `${task}/workspace/*`, '-uid', '0')).toBe('')
    expect(find('-perm', '/6000')).toBe('')
    expect((await shop.b.run(['status', id])).stdout).toMatch(/^engine .*, privileged$/m)
    expect(await shop.b.run(['rm', '--force', id])).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(task)).toBe(false)
    expect(execFileSync('ls', ['-A', shop.b.home]).toString()).not.toContain('trash')
  })
})
