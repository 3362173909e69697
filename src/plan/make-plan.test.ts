import { describe, expect, test } from 'vitest'
import { FACTS } from '../../test/fixtures/plan-facts.ts'
import { ordersOf } from '../domain/narrow-order.ts'
import { taskRequest } from '../domain/request.ts'
import { codex } from '../providers/codex.ts'
import { gemini } from '../providers/gemini.ts'
import { noop } from '../providers/noop.ts'
import { opencode } from '../providers/opencode.ts'
import type { Provider } from '../providers/provider.ts'
import { explainPlan } from './explain.ts'
import type { CloneSource, Facts } from './facts.ts'
import { FIRST, makePlan, upstreamOf } from './make-plan.ts'
import type { Plan } from './plan.ts'
import { proxyEnvironment } from './proxy-environment.ts'

const HOST: Partial<Facts> = {
  host: {
    node: '/opt/node/bin/node',
    worker: '/opt/berth-cli/dist/worker-1.cjs',
    init: '/var/lib/berth/toolbox/1/bin/tini',
    git: '/usr/bin/git',
    gitExec: '/usr/lib/git-core',
    bin: '/var/lib/berth/toolbox/1/bin',
    path: '/home/ada/bin:/usr/bin:/bin',
    user: 'ada',
    lang: 'de_DE.UTF-8',
    placeholder: 'berth-0123456789abcdef',
  },
  engine: {
    kind: 'host',
    endpoint: '/state/host',
    info: {
      ...FACTS.engine.info,
      kind: 'host',
      limits: { memory: false, cpus: false, pids: false },
      logDriver: 'files',
      inotifyLogs: false,
      layers: false,
      seccomp: false,
      ulimits: false,
      gpus: 'none',
      runtimes: [],
      sandbox: false,
    },
  },
  image: { reference: '', digest: null, path: null },
}

const PLACE = { port: 3128, socket: '/run/berth/gateway.sock' }

const request = (rest: object = {}) => taskRequest.parse({ prompt: 'fix the flaky test\nplease', ...rest })
const info = (change: Partial<Facts['engine']['info']>): Facts['engine'] => ({
  ...FACTS.engine,
  info: { ...FACTS.engine.info, ...change },
})
const local: Facts['source'] = { kind: 'mount', folder: '/home/ada/app', hasGit: true, owner: { uid: 1000, gid: 1000 } }

const MACHINE = {
  policy: 'open',
  pool: 2,
  shmSize: 2 ** 28,
  ulimits: [
    { name: 'nofile', soft: 1024, hard: 2048 },
    { name: 'msgqueue', soft: 0, hard: 0 },
  ],
  gpus: ['0', 'GPU-1'],
  devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'rw' }],
  publish: [
    { hostPort: 8080, port: 80 },
    { address: '::', hostPort: 53, port: 53, protocol: 'udp' },
  ],
  runtime: 'runsc',
}

const LIB = {
  ...(FACTS.source as CloneSource),
  ...{ url: '/srv/lib.git', sha: 'b'.repeat(40), branch: null, ref: null, mirror: '/state/mirrors/lib.git' },
  ...{ folder: 'vendor', uncommitted: ['notes.txt'] },
}
const SEVERAL: Partial<Facts> = {
  source: { ...(FACTS.source as CloneSource), folder: 'app' },
  further: [LIB],
}
const firstOnLib: Partial<Facts> = {
  ...SEVERAL,
  further: [{ ...LIB, mirrorExists: false, forge: { host: 'git.example', repository: 'team/lib' } }],
}

const TABLE: readonly [name: string, request: object, facts: Partial<Facts>][] = [
  ['the usual task', {}, {}],
  ['the first task on a repository', {}, { source: { ...FACTS.source, mirrorExists: false } as Facts['source'] }],
  ['several repositories', { depth: 1 }, SEVERAL],
  ['the first task on one of several repositories', { pushTo: 'next' }, firstOnLib],
  [
    "a folder of the user's for the workspace",
    { workspace: '/srv/w', reuseExisting: true },
    { folders: { ...FACTS.folders, named: { path: '/srv/w', reused: true } } },
  ],
  ['a startup script', { startupScript: 'apt-get install -y jq\n' }, {}],
  ['the agent on a terminal', { mode: 'interactive' }, {}],
  [
    'rules on the network',
    {
      allow: [
        { target: 'npm', origin: 'flag' },
        { target: 'api.example.org GET /a/*', origin: 'preset' },
        { target: '[::1]:8080 private', origin: 'configuration' },
      ],
      deny: [{ target: 'nodejs.org', origin: 'configuration' }],
    },
    {},
  ],
  ['no repository', {}, { source: { kind: 'none' } }],
  [
    'a named branch, limits, a volume and variables',
    {
      pushTo: 'fix',
      memory: 1e9,
      cpus: 1.5,
      pids: 99,
      volumes: [{ source: '/data', target: '/data', readOnly: true }],
      envFrom: ['API_TOKEN', 'A'],
      labels: { team: 'x' },
    },
    {},
  ],
  [
    'a session of a manifest',
    { session: 'plan', role: 'planner', owner: 'ann', manifest: { name: 'release', hash: '0'.repeat(64) } },
    {},
  ],
  ['something of the machine', MACHINE, {}],
  [
    'something of the machine, by Podman',
    { ...MACHINE, gpus: 2, runtime: 'crun' },
    {
      engine: {
        ...info({ kind: 'podman', ulimits: false }),
        kind: 'podman',
        endpoint: 'unix:///run/podman/podman.sock',
      },
    },
  ],
  ['root on a rootful engine', {}, { caller: { uid: 0, gid: 0 } }],
  [
    'rootless Podman without limits',
    {},
    {
      engine: {
        ...info({
          kind: 'podman',
          rootless: true,
          userNamespace: 'keep-id',
          limits: { memory: false, cpus: false, pids: false },
        }),
        kind: 'podman',
        endpoint: 'unix:///run/user/1001/podman/podman.sock',
      },
    },
  ],
  [
    'the open policy, a local model without a key',
    { policy: 'open', baseUrl: 'http://127.0.0.1:8000' },
    { key: { reference: 'env:OPENAI_API_KEY', present: false } },
  ],
  [
    'a login in place of a key',
    { login: 'work', loginHeaders: { version: '1' } },
    {
      key: { reference: 'login:codex/work', present: true },
      login: { name: 'work', service: 'chatgpt' },
    },
  ],
  [
    'a login by the address of its service',
    { login: 'work', loginRoute: 'tls' },
    {
      key: { reference: 'login:codex/work', present: true },
      login: { name: 'work', service: 'chatgpt', account: 'acct-1' },
    },
  ],
  ['the privileged policy', { policy: 'privileged', keepAlive: 90_000 }, {}],
  ['a mounted folder', { source: 'mount', repo: '.' }, { source: local }],
  ['a copied folder', { source: 'copy', repo: '.' }, { source: { ...local, kind: 'copy' } as Facts['source'] }],
  ['on the host', { isolation: 'host', image: 'debian', workdir: '/work/sub' }, HOST],
  [
    'on the host with a free hand, in a folder of one’s own',
    { isolation: 'host', hostPermissive: true, source: 'mount', repo: '.' },
    { ...HOST, source: { ...local, owner: { uid: 0, gid: 0 } } as Facts['source'] },
  ],
  [
    'a local repository with changes, without an identity',
    {},
    {
      source: { ...FACTS.source, url: '/home/ada/app', uncommitted: ['a', 'b'] } as Facts['source'],
      identity: { name: 'Berth', email: 'berth@localhost', fallback: true },
    },
  ],
  [
    'an author, co-authors and a signature',
    {
      author: { name: 'Grace', email: 'grace@example.org' },
      coAuthors: [{ name: 'Lin', email: 'lin@example.org' }],
      sign: 'ssh:file:/home/ada/.ssh/id',
    },
    {},
  ],
  [
    'a private key for ssh',
    { sshKey: '/home/ada/.ssh/deploy' },
    { source: { ...FACTS.source, url: 'git@git.example:team/app.git' } as Facts['source'] },
  ],
  ['a private key for ssh, and a repository without an ssh address', { sshKey: '/home/ada/.ssh/deploy' }, {}],
  [
    'a hardened container, with a time zone and a locale',
    {
      readOnly: true,
      tmpfs: [{ target: '/var/tmp', options: ['rw', 'noexec', 'nosuid', 'nodev', 'mode=1777', 'size=1048576'] }],
      securityLabel: ['type:spc_t'],
      seccompProfile: '/home/ada/profile.json',
      apparmorProfile: '/home/ada/agent.profile',
      timezone: 'Europe/Berlin',
      locale: 'de_DE.UTF-8',
    },
    {
      hardening: {
        seccomp: { from: '/home/ada/profile.json', text: '{"defaultAction":"SCMP_ACT_ALLOW"}', open: true },
        apparmor: 'agent',
        zoneFile: '/usr/share/zoneinfo/Europe/Berlin',
      },
    },
  ],
  [
    'a hardened container, by Podman, on a machine without zone files',
    { readOnly: true, volumes: [{ source: '/t', target: '/tmp', readOnly: false }], timezone: 'Asia/Tokyo' },
    { engine: { ...info({ kind: 'podman' }), kind: 'podman' }, hardening: { zoneFile: null } },
  ],
  [
    'an image without a /tmp that anybody may write into',
    { readOnly: true },
    { image: { reference: 'busybox', digest: null, path: '', noTemporary: true } },
  ],
  [
    'on the host, where a time zone and a locale are variables alone',
    { isolation: 'host', readOnly: true, timezone: 'Asia/Tokyo', locale: 'ja_JP.UTF-8' },
    { ...HOST, hardening: { zoneFile: '/usr/share/zoneinfo/Asia/Tokyo' } },
  ],
  ['a container that is kept', { keepAlive: 90_000 }, {}],
  ['a layer over a shared tree', { sharedTree: true }, { caller: { uid: 0, gid: 0 } }],
  [
    'a layer over a shared tree, by Podman',
    { sharedTree: true },
    { engine: { ...info({ kind: 'podman' }), kind: 'podman', endpoint: 'unix:///run/podman/podman.sock' } },
  ],
]

test.each(TABLE)('%s', (_name, asked, facts) => {
  const plan = makePlan(request(asked), { ...FACTS, ...facts }, codex)
  expect(explainPlan(plan)).toMatchSnapshot()
})

test('a depth is of the clone in the sandbox alone', () => {
  const plan = makePlan(request({ depth: 3 }), FACTS, codex)
  expect(plan.order.workspace).toMatchObject({ kind: 'clone', depth: 3 })
  expect(plan.source).toEqual(makePlan(request(), FACTS, codex).source)
  expect(explainPlan(plan)).toMatch(/^source .*, branch main, history 3 commits deep$/m)
})

describe('several repositories', () => {
  const facts = { ...FACTS, ...SEVERAL }
  const plan = makePlan(request(), facts, codex)

  test('each has its mirror, its clone, its bundle and its delivery', () => {
    const mirrors = plan.container.mounts.filter(({ role }) => role === 'mirror')
    expect(mirrors.map(({ source, target }) => [source, target])).toEqual([
      ['/state/mirrors/app.git', '/berth/mirror.git'],
      ['/state/mirrors/lib.git', '/berth/mirrors/vendor.git'],
    ])
    expect(ordersOf(plan.order).map(({ paths, workspace, bundle }) => [paths.work, workspace.mirror, bundle])).toEqual([
      ['/work/app', '/berth/mirror.git', undefined],
      ['/work/vendor', '/berth/mirrors/vendor.git', 'work-1.bundle'],
    ])
    expect(plan.order.run?.cwd).toBe('/work')
    expect(plan.further).toMatchObject([
      {
        source: { folder: 'vendor', branch: `berth/${FACTS.task}` },
        delivery: { kind: 'push', url: '/srv/lib.git', branch: `berth/${FACTS.task}`, expected: null },
        publish: `/state/tasks/${FACTS.task}/publish-vendor.git`,
      },
    ])
  })

  test('a further turn expects on each branch what the task pushed there', () => {
    const again = makePlan(request(), facts, codex, { ...FIRST, turn: 2, expected: 'c', furtherExpected: ['d'] })
    expect([again.delivery, again.further?.[0]?.delivery]).toMatchObject([{ expected: 'c' }, { expected: 'd' }])
  })

  test('on the host the mirrors are where they are', () => {
    const { order, container } = makePlan(request({ isolation: 'host' }), { ...facts, ...HOST }, codex)
    expect(container.mounts).toEqual([])
    expect(ordersOf(order).map(({ paths, workspace }) => [paths.work, workspace.mirror])).toEqual([
      [`/state/tasks/${FACTS.task}/workspace/app`, '/state/mirrors/app.git'],
      [`/state/tasks/${FACTS.task}/workspace/vendor`, '/state/mirrors/lib.git'],
    ])
  })

  test('a task with one repository has no folder anywhere', () => {
    expect(JSON.stringify(makePlan(request(), FACTS, codex))).not.toMatch(/"folder":"app"|"further"/)
  })
})

test('submodules are fetched after the mirror, into a folder that the container mounts', () => {
  const source = {
    ...FACTS.source,
    submodules: { rule: 'own-host', base: 'https://github.com/o/n.git' },
  } as Facts['source']
  const plan = makePlan(request({ submodules: 'own-host' }), { ...FACTS, source }, codex)
  expect(plan.source).toMatchObject({ submodules: { rule: 'own-host' } })
  const folder = `${plan.folders.task}/modules`
  const mount = { role: 'modules', source: folder, target: '/berth/modules', readOnly: true }
  expect(plan.container.mounts).toContainEqual(mount)
  expect(plan.order.workspace).toMatchObject({ modules: '/berth/modules' })
  expect(plan.steps.find(({ id }) => id === 'modules')?.needs).toEqual(['folders', 'mirror'])
  expect(plan.steps.find(({ id }) => id === 'order')?.needs).toContain('modules')
  expect(explainPlan(plan)).toMatch(/^source .*, with the submodules on its host$/m)
  const onHost = makePlan(request(), { ...FACTS, ...HOST, source }, codex)
  expect(onHost.order.workspace).toMatchObject({ modules: folder })
  expect(onHost.container.mounts).toEqual([])
  const none = makePlan(request({ submodules: 'all' }), { ...FACTS, source: local }, codex)
  expect(none.warnings).toContainEqual(expect.stringMatching(/^--submodules all: only a clone has submodules/))
})

test('the same input gives the same plan, and the plan is plain JSON', () => {
  const plan = makePlan(request(), FACTS, codex)
  expect(makePlan(request(), FACTS, codex)).toEqual(plan)
  expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
})

test('never root, and the prompt is in no argument and no variable', () => {
  for (const [, asked, facts] of TABLE) {
    const plan = makePlan(request(asked), { ...FACTS, ...facts }, codex)
    expect(plan.container.user.uid).not.toBe(0)
    expect(JSON.stringify([plan.container, plan.order.run])).not.toContain('flaky')
    const isSandboxed = request(asked).policy === 'sandboxed' && plan.isolation === 'container'
    expect(plan.container.network).toBe(isSandboxed ? 'none' : 'engine')
    expect(plan.network === null).toBe(!isSandboxed)
  }
})

test('rules stand in the plan of a sandboxed task alone, a group as its hosts', () => {
  const asked = { allow: [{ target: 'debian', origin: 'flag' }], deny: [{ target: 'a.org', origin: 'preset' }] }
  const rule = { port: null, tls: 'tunnel' }
  expect(makePlan(request(asked), FACTS, codex).network).toEqual({
    rules: [
      { ...rule, effect: 'deny', host: 'a.org', target: 'a.org', origin: 'preset' },
      { ...rule, effect: 'allow', host: 'deb.debian.org', target: 'debian', origin: 'flag' },
      { ...rule, effect: 'allow', host: 'security.debian.org', target: 'debian', origin: 'flag' },
    ],
  })
  expect(makePlan(request({ ...asked, policy: 'open' }), FACTS, codex).network).toBeNull()
  expect(makePlan(request({ ...asked, isolation: 'host' }), { ...FACTS, ...HOST }, codex).network).toBeNull()
})

test.each([
  ['in a container', {}, {}],
  ['on the host', { isolation: 'host' }, HOST],
])(
  '%s, a workspace elsewhere has its layer beside it, and all else stays in the folder of the task',
  (_, asked, facts) => {
    const folders = { ...FACTS.folders, work: '/data/t-1' }
    const plan = makePlan(request({ ...asked, sharedTree: true }), { ...FACTS, ...facts, folders }, codex)
    const { task, workspace, home, exchange, publish } = plan.folders
    expect([workspace, home, exchange, publish]).toEqual([
      '/data/t-1/workspace',
      `${task}/home`,
      `${task}/exchange/1-1`,
      `${task}/publish.git`,
    ])
    expect(JSON.stringify(plan)).not.toMatch(/tasks\/[^/"]+\/(workspace|layer)/)
    if (plan.isolation === 'host') expect(plan.order.paths.work).toBe('/data/t-1/workspace')
    else expect(plan.container.mounts[0]).toMatchObject({ source: workspace, over: { work: '/data/t-1/layer' } })
  },
)

test('root on the host stays root: its files are its own, and nothing is given away', () => {
  const plan = makePlan(request({ isolation: 'host' }), { ...FACTS, ...HOST, caller: { uid: 0, gid: 0 } }, codex)
  expect(plan.container).toMatchObject({ user: { uid: 0, gid: 0 }, mounts: [], capDrop: [], noNewPrivileges: false })
  expect(plan).toMatchObject({ owner: null, isolation: 'host', model: { guarded: true } })
})

test('on the host nothing of a container’s paths is left', () => {
  const plan = makePlan(request({ isolation: 'host' }), { ...FACTS, ...HOST }, codex)
  expect(JSON.stringify([plan.order, plan.container])).not.toMatch(
    /"\/(work|home\/agent|berth|opt\/berth\/|run\/berth\/gateway)/,
  )
  expect(plan.order.forward).toMatchObject({ port: 0 })
  expect(plan.order.forward?.alone).toBeUndefined()
})

test('every container has the profile of system calls; an engine that takes none is told', () => {
  for (const policy of ['sandboxed', 'open']) {
    const plan = makePlan(request({ policy }), FACTS, codex)
    expect(plan.container.seccomp).toBe('/var/lib/berth/toolbox/1/seccomp.json')
    expect(plan.warnings).toEqual([])
  }
  const without = makePlan(request(), { ...FACTS, engine: info({ seccomp: false }) }, codex)
  expect(without.warnings).toEqual([
    'docker accepts no seccomp profile here, so the task can use every system call of the kernel',
  ])
  expect(makePlan(request({ isolation: 'host' }), { ...FACTS, ...HOST }, codex).container).not.toHaveProperty('seccomp')
})

test('nothing of the machine is asked for on the host', () => {
  const plan = makePlan(request({ ...MACHINE, isolation: 'host' }), { ...FACTS, ...HOST }, codex)
  for (const key of ['gpus', 'devices', 'publish', 'runtime', 'shmBytes', 'ulimits'])
    expect(plan.container).not.toHaveProperty(key)
})

test('rootless Docker maps root to the caller', () => {
  const plan = makePlan(
    request(),
    { ...FACTS, engine: info({ userNamespace: 'root-is-caller', rootless: true }) },
    noop,
  )
  expect(plan.container.user).toEqual({ uid: 0, gid: 0 })
  expect(plan.container.capDrop).toEqual(['ALL'])
})

test('a privileged task is root in its container where that is the caller, unless it names another user', () => {
  const engine = info({ userNamespace: 'keep-id', rootless: true })
  const place = (asked: object) => makePlan(request({ policy: 'privileged', ...asked }), { ...FACTS, engine }, noop)
  expect(place({}).container).toMatchObject({ user: { uid: 0, gid: 0 }, userNamespace: 'root-is-caller' })
  expect(place({}).warnings).toEqual([expect.stringContaining('has your rights on this machine')])
  const user = { uid: 4242, gid: 4242 }
  expect(place({ user }).container).toMatchObject({ user, userNamespace: 'keep-id' })
  expect(place({ policy: 'open' }).container).toMatchObject({ user: FACTS.caller, userNamespace: 'keep-id' })
})

test.each([
  [undefined, 'https://api.openai.com/v1'],
  ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
  ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/v1'],
  ['https://model.example/openai/v1/', 'https://model.example/openai/v1'],
])('upstream of %s', (given, upstream) => {
  expect(upstreamOf(codex, given)).toBe(upstream)
})

test('a review: its plan names what to look at in its first turn, what it writes is thrown away, nothing is pushed', () => {
  const review = request({ mode: 'review', prompt: '' })
  const plan = makePlan(review, FACTS, codex)
  expect(plan).toMatchObject({ review: { base: 'origin/HEAD' }, delivery: { kind: 'keep' } })
  expect(plan.order.finish?.uncommitted).toBe('discard')
  const based = makePlan(request({ mode: 'review', reviewBase: 'main' }), FACTS, codex)
  expect(based.review).toEqual({ base: 'origin/main' })
  expect(makePlan(review, FACTS, codex, { ...FIRST, turn: 2 })).toMatchObject({ delivery: { kind: 'keep' } })
  expect(makePlan(review, FACTS, codex, { ...FIRST, turn: 2 }).review).toBeUndefined()
})

test('a terminal: the CLI’s own screen, its input is the terminal, and the prompt is in no argument', () => {
  const made = (rest: object = {}, next = FIRST) =>
    makePlan(request({ mode: 'interactive', ...rest }), FACTS, codex, next).order
  const { run, finish } = made()
  expect(run).toMatchObject({
    stdin: null,
    end: null,
    env: { TERM: 'xterm-256color', COLORTERM: 'truecolor', BERTH_TASK: FACTS.task },
    terminal: { columns: 80, rows: 24, term: 'xterm-256color', promptAt: (run?.argv.length ?? 0) - 1 },
  })
  expect(run?.argv.at(-1)).toBe('')
  expect(JSON.stringify(run)).not.toContain('flaky')
  expect(finish).toMatchObject({ message: 'fix the flaky test' })
  expect(made({ prompt: '' }).run?.terminal).toEqual({ columns: 80, rows: 24, term: 'xterm-256color' })
  const files = [{ name: 'shot.png', bytes: 70, media: 'image/png' }]
  expect(made({ prompt: '' }, { ...FIRST, files }).run?.terminal?.promptAt).toBeDefined()
  expect(made({ prompt: '' }, { ...FIRST, turn: 2, unheard: true }).run?.terminal?.promptAt).toBeDefined()
})

test('a session that is no text is printed at the end of a turn on a terminal', () => {
  const session = (mode: string, provider: Provider) => makePlan(request({ mode }), FACTS, provider).order.session
  const print = session('interactive', opencode)?.print
  expect(print?.argv.slice(0, 2)).toEqual(['/opt/berth/bin/node', '--no-warnings'])
  expect(print?.argv.at(-1)).toBe('/home/agent/.local/share/opencode/opencode.db')
  expect(session('interactive', opencode)?.paths).toEqual([...opencode.sessionPaths, print?.path])
  expect(session('exec', opencode)).toEqual({ paths: opencode.sessionPaths, restore: false })
  expect(session('interactive', codex)).toEqual({ paths: codex.sessionPaths, restore: false })
})

test('a prompt that a CLI does not take on a terminal is told', () => {
  const facts = { ...FACTS, toolbox: { ...FACTS.toolbox, cli: opencode.tested } }
  const made = (rest: object, resume: string | null) =>
    makePlan(request({ mode: 'interactive', ...rest }), facts, opencode, { ...FIRST, resume })
  expect(made({}, null)).toMatchObject({ order: { run: { terminal: { promptAt: 1 } } }, warnings: [] })
  expect(made({}, 'SID').order.run?.terminal?.promptAt).toBeUndefined()
  expect(made({}, 'SID').warnings).toEqual([
    'opencode takes no prompt on a terminal when its session goes on: type it there',
  ])
  expect(made({ prompt: '' }, 'SID').warnings).toEqual([])
})

test('files: named at the end of the prompt, and pictures given to the agent as such', () => {
  const files = [
    { name: 'shot.png', bytes: 70, media: 'image/png' },
    { name: 'notes.txt', bytes: 12, media: null },
  ]
  const next = { ...FIRST, files }
  const plan = makePlan(request(), FACTS, codex, next)
  expect(plan.order.run?.argv.filter((word) => word.includes('/files/'))).toEqual([
    '--image=/berth/exchange/files/shot.png',
  ])
  expect(explainPlan(plan)).toContain('file      shot.png, 70 B, image/png\nfile      notes.txt, 12 B\n')
  const placed = (planned: Plan) => planned.files?.map(({ path, mention = false }) => [path, mention])
  expect(placed(plan)).toEqual([
    ['/berth/exchange/files/shot.png', false],
    ['/berth/exchange/files/notes.txt', false],
  ])
  const odd = { name: 'my shot.png', bytes: 70, media: 'image/png' }
  const shown = makePlan(request(), FACTS, gemini, { ...FIRST, files: [...files, odd] })
  expect(placed(shown)).toEqual([
    ['/berth/exchange/files/shot.png', true],
    ['/berth/exchange/files/notes.txt', false],
    ['/berth/exchange/files/my shot.png', false],
  ])
  expect(makePlan(request(), FACTS, codex).files).toBeUndefined()
})

test('a CLI older than the tested one is warned of', () => {
  const plan = (cli: string) => makePlan(request(), { ...FACTS, toolbox: { ...FACTS.toolbox, cli } }, codex)
  expect(plan('0.168.9').warnings).toEqual([expect.stringContaining('0.168.9, older than the tested 0.169.0')])
  expect(plan('0.169.0').warnings).toEqual([])
})

test('a model for an agent that takes none is warned of', () => {
  const noModel = { ...codex, title: 'Mine', supports: { ...codex.supports, model: false } }
  const warnings = (provider: typeof codex) => makePlan(request({ model: 'm-1' }), FACTS, provider).warnings
  expect(warnings(noModel)).toEqual(['--model m-1: Mine takes no model, so Berth ignores the flag'])
  expect(warnings(codex)).toEqual([])
  expect(makePlan(request(), FACTS, noModel).warnings).toEqual([])
})

describe("the agent's environment", () => {
  const envOf = (asked: object, facts: Partial<Facts> = {}) =>
    makePlan(request(asked), { ...FACTS, ...facts }, codex).order.run?.env ?? {}

  test('names the proxy where the gateway is the only way out', () => {
    const env = envOf({})
    expect(env).toMatchObject({ https_proxy: 'http://127.0.0.1:3128', SSL_CERT_FILE: '/run/berth/ca.pem' })
    for (const other of [envOf({ policy: 'open' }), envOf({ isolation: 'host' }, HOST)])
      expect(Object.keys(env).filter((name) => other[name] === undefined)).toEqual(Object.keys(proxyEnvironment(PLACE)))
  })

  test("leaves a variable of the user's as it is", () => {
    expect(Object.keys(envOf({ envFrom: ['HTTPS_PROXY', 'PIP_CERT'] }))).toEqual(
      Object.keys(envOf({})).filter((name) => !['HTTPS_PROXY', 'https_proxy', 'PIP_CERT'].includes(name)),
    )
  })
})

describe('a shared tree', () => {
  const clone = FACTS.source as Extract<Facts['source'], { kind: 'clone' }>
  const treeOf = (asked: object, facts: Partial<Facts>, next = FIRST) => {
    const { source, container, order, folders, steps } = makePlan(request(asked), { ...FACTS, ...facts }, codex, next)
    const over = container.mounts.find(({ role }) => role === 'workspace')?.over
    const tree = source.kind === 'clone' ? source.tree : undefined
    const parts = [over, order.workspace.kind === 'clone' ? order.workspace.tree : undefined, folders.layer]
    expect(parts.map((part) => part !== undefined)).toEqual(parts.map(() => tree !== undefined))
    expect(steps.some(({ id }) => id === 'tree')).toBe(tree !== undefined)
    return tree
  }
  const begun = { sha: 'b'.repeat(40), folder: '/state/trees/app/b-1001-1001' }

  test('is of a commit and of one user of containers', () => {
    const folder = `/state/trees/app/${'a'.repeat(40)}`
    expect(treeOf({ sharedTree: true }, {})).toEqual({ sha: clone.sha, folder: `${folder}-1001-1001` })
    expect(treeOf({ sharedTree: true, user: { uid: 7, gid: 8 } }, {})?.folder).toBe(`${folder}-7-8`)
    expect(treeOf({}, {})).toBeUndefined()
  })

  test('is none without a repository, without a commit, and on the host', () => {
    expect(treeOf({ sharedTree: true }, { source: { kind: 'none' } })).toBeUndefined()
    expect(treeOf({ sharedTree: true }, { source: { ...clone, sha: '' } })).toBeUndefined()
    expect(treeOf({ sharedTree: true }, HOST)).toBeUndefined()
  })

  test('stays with a task, whatever its work stands on by now', () => {
    const later = { ...FIRST, turn: 2 }
    expect(treeOf({ sharedTree: true }, { source: { ...clone, tree: begun } }, later)).toEqual(begun)
    expect(treeOf({ sharedTree: true }, {}, later)).toBeUndefined()
  })
})
