import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seccompProfile } from '../../src/domain/seccomp-profile.ts'
import { testEngines } from '../fixtures/engines.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { shellImage } from '../fixtures/shell-image.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { watchTerminal } from '../fixtures/watch-terminal.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const user = ordinaryUser()
const AS_USER = { uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: `/run/user/${user.uid}` } }
const TRUST = { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } }

/** Berth's own profile, without named pipes. */
const noPipes = (): string => {
  const { syscalls, ...rest } = seccompProfile()
  const pipes = ['mknod', 'mknodat']
  const others = syscalls.map((rule) => ({ ...rule, names: rule.names.filter((name) => !pipes.includes(name)) }))
  return JSON.stringify({ ...rest, syscalls: [{ names: pipes, action: 'SCMP_ACT_ERRNO', errnoRet: 1 }, ...others] })
}

/** What a program finds, a line each. */
const LOOK = [
  'for f in /etc/x /usr/x /x /opt/x; do (echo x > $f) 2>/dev/null && echo "wrote $f"; done',
  "for d in /tmp /var/tmp; do printf '#!/bin/sh\\necho $0 runs\\n' > $d/tool && chmod +x $d/tool && $d/tool; done",
  'cp /bin/true /cache/true && { /cache/true 2>/dev/null && echo cache runs || echo cache does not run; }',
  'head -c 2000000 /dev/zero > /cache/big 2>/dev/null || echo cache is full',
  '(echo x > /srv/x) 2>/dev/null && echo srv is open || echo srv is closed',
  'mkfifo /tmp/pipe 2>&1 | grep -o "Operation not permitted"',
  'date -d @1767268800 "+%H:%M %Z"; echo $LANG $LC_ALL; echo home > ~/.cache-test && cat ~/.cache-test',
].join('; ')

const found = (srv: string) => [
  '/tmp/tool runs',
  '/var/tmp/tool runs',
  'cache does not run',
  'cache is full',
  `srv is ${srv}`,
  'Operation not permitted',
  '17:30 IST',
  'C.UTF-8 C.UTF-8',
  'home',
]

describe.each(testEngines())('a hardened task on $name', ({ name, kind, endpoint, flag }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-hardening-')
  const bare = makeBare(folder.at('project.git'))
  const profile = folder.at('profile.json')
  beforeAll(async () => {
    chmodSync(folder.path, 0o755)
    writeFileSync(profile, noPipes())
    if (name === 'rootless') giveTo(folder.path, user)
    shop = await workshop(flag, name === 'rootless' ? AS_USER : {})
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  const repository = ['--repo', `file://${bare}`, '--branch', 'main']
  const hardened = [
    ...['--read-only', '--tmpfs', '/cache:size=1m', '--tmpfs', '/srv', '--seccomp-profile', './profile.json'],
    ...['--timezone', 'Asia/Kolkata', '--locale', 'xx_XX.UTF-8'],
  ]
  const ofRemote = (id: string, file: string) => git(bare, ['show', `berth/${id}:${file}`], TRUST)

  test('works at a terminal and finds what was asked for, also for a program that a caller brings', async () => {
    const agent = ['--mode', 'interactive', '--agent', 'noop', '--provider-arg']
    const shell = `shell=(${LOOK}) > look.txt 2>&1; echo READY; read line; echo "$line" > typed.txt`
    const ran = await shop.b.run(['start', '--engine', flag, ...repository, ...hardened, ...agent, shell, 'words'], {
      cwd: folder.path,
    })
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    const id = ran.stdout.trim()
    const terminal = await watchTerminal(shop.b.socket, id)
    await terminal.shows('READY')
    const beside = await shop.b.run([
      'shell',
      id,
      '--',
      'sh',
      '-c',
      '(date -d @0 +%Z; mkfifo /tmp/p; echo x > /x) 2>&1',
    ])
    expect(beside.stdout).toMatch(/IST.*Operation not permitted.*Read-only file system/s)
    await terminal.type('typed')
    expect(await terminal.over).toBe('0')
    expect((await shop.b.run(['wait', id])).code).toBe(0)
    expect([ofRemote(id, 'look.txt').split('\n'), ofRemote(id, 'typed.txt')]).toEqual([
      // The image has this folder, for root alone. Docker can give it to the agent.
      found(kind === 'docker' ? 'open' : 'closed'),
      'typed',
    ])

    const events = await shop.b.events(id)
    const rows = events.flatMap((event) => (event.type === 'container.started' ? event.effective : []))
    expect(Object.fromEntries(rows.map((row) => [row.setting, row.enforced ? row.effective : 'not']))).toMatchObject({
      'read-only root': 'true',
      'tmpfs /tmp': 'rw,exec,nosuid,nodev,mode=1777',
      'tmpfs /var/tmp': 'rw,exec,nosuid,nodev,mode=1777',
      'tmpfs /cache': 'rw,noexec,nosuid,nodev,mode=1777,size=1048576',
      seccomp: `the profile ${profile}`,
    })
    const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
    const closed = notices.filter((text) => text.startsWith('--tmpfs /srv: the agent cannot write there'))
    expect(closed).toHaveLength(kind === 'docker' ? 0 : 1)
    expect(notices).toContain('--locale xx_XX.UTF-8: there is no such locale where the agent runs, so it has C.UTF-8')
  })

  const refused = async (args: readonly string[]) => {
    const tasks = () => (existsSync(join(shop.b.home, 'tasks')) ? readdirSync(join(shop.b.home, 'tasks')) : [])
    const before = tasks()
    const place = args.includes('--isolation') ? [] : ['--engine', flag]
    const ran = await shop.b.run(['start', ...place, '--agent', 'noop', ...args, 'words'], { cwd: folder.path })
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(tasks()).toEqual(before)
    return ran.stderr
  }

  test('is refused where the engine has no such labels or profiles', async () => {
    expect(await refused(['--security-label', 'disable'])).toContain('sets no SELinux labels here')
    expect(await refused(['--apparmor-profile', 'berth-none'])).toMatch(
      /has no AppArmor here|no profile berth-none loaded/,
    )
  })

  if (name !== 'docker') return

  test('is work for a real agent', async () => {
    const { id, code, stderr } = await shop.job({
      shell: 'echo made > made.txt; mktemp; echo x > /x',
      args: [...repository, ...hardened],
      cwd: folder.path,
    })
    expect(code, stderr).toBe(0)
    expect(ofRemote(id, 'made.txt')).toBe('made')
  })

  test('keeps its profile and its zone when the files have gone', async () => {
    const zone = 'shell=mkfifo /tmp/pipe || date -d @0 +%Z'
    const gone = folder.at('gone.json')
    writeFileSync(gone, noPipes())
    const agent = ['--agent', 'noop', '--provider-arg', zone, '--seccomp-profile', gone, '--timezone', 'Asia/Kolkata']
    const { stdout } = await shop.b.run(['start', '--engine', flag, '--no-repo', ...agent, 'words'])
    const id = stdout.trim()
    expect((await shop.b.run(['wait', id])).code).toBe(0)
    rmSync(gone)
    expect((await shop.b.run(['send', id, 'again'])).code).toBe(0)
    expect((await shop.b.run(['wait', id])).code).toBe(0)
    const said = (await shop.b.events(id)).flatMap((event) => (event.type === 'agent.output' ? [event.text] : []))
    expect(said.filter((text) => text === 'IST')).toHaveLength(2)
    expect(said.filter((text) => text.includes('Operation not permitted'))).toHaveLength(2)
  })

  test('has its time zone in an image that has nothing but a shell', async () => {
    using image = shellImage({ kind, endpoint }, `berth-e2e-hardening:${process.pid}`)
    const agent = ['--agent', 'noop', '--provider-arg', 'shell=date -d @1767268800 "+%H:%M %Z"']
    const place = ['--engine', flag, '--no-repo', '--image', image.tag, '--read-only', '--timezone', 'Asia/Kolkata']
    const ran = await shop.b.run(['run', ...place, ...agent, 'words'])
    expect(ran, ran.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('17:30 IST') })
  })

  test.each([
    [['--tmpfs', 'cache'], '--tmpfs: in "cache" the path in the container is not absolute'],
    [['--tmpfs', '/c', '--tmpfs', '/c:exec'], '--tmpfs /c: another --tmpfs or --volume is mounted there'],
    [['--timezone', 'europe/berlin'], 'there is no time zone "europe/berlin" (did you mean Europe/Berlin?)'],
    [['--locale', '../x'], '"../x" is not the name of a locale'],
    [['--seccomp-profile', 'none.json'], 'none.json: there is no such file'],
    [['--seccomp-profile', '/etc/passwd'], '--seccomp-profile /etc/passwd: it is not JSON'],
    [['--seccomp-profile', 'empty.json'], 'empty.json: it is JSON, but no seccomp profile: defaultAction'],
    [['--read-only', '--isolation', 'host'], '--read-only: with --isolation host there is no container'],
  ])('with %j is one error before anything exists', async (args, words) => {
    writeFileSync(join(folder.path, 'empty.json'), '{}')
    const said = await refused(args)
    expect(said.split('\n').filter((line) => line.startsWith('berth: '))).toEqual([expect.stringContaining(words)])
    expect(said).not.toContain('root:x')
  })
})
