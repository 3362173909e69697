import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { taskOf } from '../fixtures/workshop.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

/** Written so that the commands that look for it do not hold it themselves. */
const CANARY = 'sk-canary-8f3a61c0d2'
const SEEK = `sk-c''anary-8f`

const PLANNED = ['/', '/berth/exchange', '/berth/mirror.git', '/home/agent', '/opt/berth', '/run/berth', '/work']
const ENGINES_OWN = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf', '/run/.containerenv', '/run/secrets']

/** Says what each way out of the sandbox answers, one line each. */
const ASK = `
const http = require('node:http'), net = require('node:net')
const ask = (options) => new Promise((done) => {
  const request = http.request({ socketPath: '/run/berth/gateway.sock', ...options }, (answer) => { answer.resume(); done(answer.statusCode) })
  request.on('connect', (answer) => done(answer.statusCode)).on('error', (error) => done(error.code))
  request.end()
})
const dial = (host, port) => new Promise((done) => { const s = net.connect({ host, port }, () => done('open')); s.on('error', (e) => done(e.code)); s.setTimeout(3000, () => done('timeout')) })
;(async () => {
  const say = async (name, what) => console.log(name + '=' + (await what))
  await say('control', ask({ path: '/tasks' }))
  await say('put', ask({ method: 'PUT', path: '/tasks/t-1' }))
  await say('retire', ask({ method: 'POST', path: '/retire' }))
  await say('climb', ask({ path: '/v1/../tasks' }))
  await say('encoded', ask({ path: '/v1/%2e%2e/secret' }))
  await say('proxy', ask({ path: 'http://127.0.0.1:1/v1/models', headers: { host: '127.0.0.1:1' } }))
  await say('connect', ask({ method: 'CONNECT', path: '127.0.0.1:22', headers: { host: '127.0.0.1:22' } }))
  await say('host', ask({ path: '/v1/models', headers: { host: 'elsewhere.example' } }))
  await say('dial', dial('192.0.2.1', 80))
  await say('metadata', dial('169.254.169.254', 80))
})()`

const filesBelow = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : []

const withCanary = (paths: readonly string[]) =>
  paths.filter((path) => {
    try {
      return readFileSync(path).includes(CANARY)
    } catch {
      return false
    }
  })

/** Of a file that may go meanwhile, as a process' do. */
const textOf = (path: string) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Looks for the key in what an engine says of a task's containers. */
const searchContainers = (cli: readonly string[], task: string) => {
  const [program = '', ...first] = cli
  const listed = execFileSync(program, [...first, 'ps', '-q', '--filter', `label=berth.task=${task}`])
  const ids = listed.toString().split('\n').filter(Boolean)
  const found = ids.filter((id) => execFileSync(program, [...first, 'inspect', id]).includes(CANARY))
  return { count: ids.length, found: found.map((id) => `inspect ${id}`) }
}

/** Looks for the key in all command lines of this machine, and in the environments of our own processes. */
const searchProcesses = (home: string) => {
  const ours = new Set<string>()
  const found: string[] = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const path = `/proc/${pid}/cmdline`
    found.push(...withCanary([path]))
    const command = textOf(path)
    // The gateway has a title in the place of its arguments: every one of this machine is looked at.
    const gateway = command.startsWith('berth-gateway')
    if (!gateway && !command.includes(`--state\0${home}\0`)) continue
    ours.add(gateway ? 'gateway' : 'supervisor')
    found.push(...withCanary([`/proc/${pid}/environ`]))
  }
  return { ours, found }
}

const mode = (path: string) => (lstatSync(path).mode & 0o777).toString(8)

describe.each(rootfulEngines())('the sandbox on $name', ({ flag, kind, endpoint }) => {
  const bench = workshopBench(flag, { env: { OPENAI_API_KEY: CANARY } })
  const place = () => ['--engine', flag, '--base-url', bench.model.url, '--repo', bench.remote.url]
  /** Runs commands as the agent; what each printed. */
  const inside = async (commands: readonly string[], args: readonly string[] = []) => {
    bench.model.load({ key: CANARY, steps: commands.map((shell) => ({ shell })) })
    const ran = await bench.b.run(['run', ...place(), ...args, 'look around'])
    const id = taskOf(ran)
    const events = await bench.b.events(id)
    const said = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output.trim()] : []))
    return { id, said, events, code: ran.code, text: ran.stdout }
  }

  test('no network, no privilege, no path of the host but the mounts, which are as planned', async () => {
    const { said, code } = await inside([
      'ls /sys/class/net; wc -l < /proc/net/route; getent hosts example.org || echo no-dns; cat /proc/net/if_inet6 | grep -v " lo$" | wc -l',
      'id -u; grep -E "^(Cap|NoNewPrivs|Uid|Seccomp:)" /proc/self/status; grep CapEff /proc/1/status',
      `awk '{print $5}' /proc/self/mountinfo | grep -vE '^/(proc|sys|dev)(/|$)' | sort -u`,
      'for f in /opt/berth /berth/mirror.git /run/berth /etc /usr /; do touch $f/x 2>/dev/null && echo "wrote $f"; done; unlink /run/berth/gateway.sock 2>&1 && echo wrote; cp /etc/hosts /run/berth/ca.pem 2>&1 && echo wrote; ln -sf /tmp/x /run/berth/ca.pem 2>&1 && echo wrote; mv /opt/berth/bin /tmp 2>&1 && echo wrote; echo end',
      'find / -xdev -type s 2>/dev/null; find /run /berth /tmp -type s 2>/dev/null; ls /var/run/docker.sock /run/podman 2>&1; mount -t tmpfs x /mnt 2>&1; unshare -Urn true 2>&1; su -c id 2>&1 </dev/null; ls /berth',
    ])
    expect(code).toBe(0)
    const [net, status, mounts, writes, sockets] = said
    expect(net?.split('\n')).toEqual(['lo', '1', 'no-dns', '0'])
    expect(status).toMatch(/^1000\n/)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toMatch(new RegExp(`${set}:\\t0{16}`))
    expect(status).toMatch(/NoNewPrivs:\t1/)
    expect(status).toMatch(/Seccomp:\t2/)
    expect(mounts?.split('\n').filter((path) => !ENGINES_OWN.includes(path))).toEqual(PLANNED)
    expect(writes).not.toContain('wrote')
    expect(writes).toMatch(/end$/)
    expect(
      sockets
        ?.split('\n')
        .filter((line) => line.startsWith('/run/berth/'))
        .every((line) => line === '/run/berth/gateway.sock'),
    ).toBe(true)
    expect(sockets).toMatch(/docker\.sock.*No such file/)
    expect(sockets).not.toContain('uid=0')
    expect(sockets?.split('\n').slice(-2)).toEqual(['exchange', 'mirror.git'])
  })

  test('the gateway answers for the model alone', async () => {
    const { said, code, id } = await inside([
      `cat > /tmp/ask.cjs <<'END'\n${ASK}\nEND\n/opt/berth/bin/node /tmp/ask.cjs`,
    ])
    expect(code).toBe(0)
    const answers = Object.fromEntries((said[0] ?? '').split('\n').map((line) => line.split('=')))
    expect(answers).toMatchObject({
      control: '403',
      put: '403',
      retire: '403',
      climb: '403',
      encoded: '403',
      proxy: '403',
      connect: '403',
    })
    expect(answers['dial']).toMatch(/ENETUNREACH|EHOSTUNREACH/)
    expect(answers['metadata']).toMatch(/ENETUNREACH|EHOSTUNREACH/)
    expect(answers['host']).not.toBe('open')
    for (const request of bench.model.requests) expect(request.headers.host).toBe(`127.0.0.1:${bench.model.port}`)
    expect((await bench.b.status(id)).state).toBe('done')
  })

  test('the key is nowhere but in the memory of the gateway', async () => {
    const runtime = runtimeDir(bench.b.env, 0, bench.b.home)
    const cli = kind === 'docker' ? ['docker', '--host', endpoint] : ['podman', '--url', endpoint]
    const inFiles = () => [...withCanary(filesBelow(bench.b.home)), ...withCanary(filesBelow(runtime))]
    const shell = `env | grep -c ${SEEK}; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline > /tmp/all 2>/dev/null; grep -ac ${SEEK} /tmp/all; wc -c < /tmp/all; grep -rlas ${SEEK} /home /work /berth /tmp /run /etc /var | wc -l; env | grep -i key`
    bench.model.load({ key: CANARY, steps: [{ shell }, { text: 'looked', hang: 'head' }] })
    const run = bench.b.begin(['run', ...place(), 'look'])
    const began = bench.model.requests.length
    while (bench.model.requests.length < began + 2) await new Promise((resolve) => setTimeout(resolve, 10))
    const containers = searchContainers(cli, readdirSync(join(bench.b.home, 'tasks')).sort().at(-1) ?? '')
    const during = inFiles()
    const processes = searchProcesses(bench.b.home)
    await bench.model.release()
    const ran = await run.over
    expect(ran.code).toBe(0)
    expect(containers.count).toBe(1)
    expect([...processes.ours].sort()).toEqual(['gateway', 'supervisor'])
    const id = taskOf(ran)
    const output =
      (await bench.b.events(id)).flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))[0] ?? ''
    expect(output.split('\n').slice(0, 4)).toEqual(['0', '0', expect.stringMatching(/^\d{3,}$/), '0'])
    expect(output).toContain(`berth-${id}`)
    expect([...containers.found, ...during, ...processes.found, ...inFiles()]).toEqual([])
    expect(filesBelow(bench.b.home).length).toBeGreaterThan(10)
    expect(ran.stdout + ran.stderr).not.toContain(CANARY)
    expect(bench.model.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${CANARY}`)
  })

  test('limits hold: a fork bomb ends with its container, memory is what was asked', async () => {
    const { code, said } = await inside(
      [
        'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null',
      ],
      ['--memory', '300m', '--pids', '150'],
    )
    expect(code).toBe(0)
    expect(said[0]?.split('\n')).toEqual([String(300 * 1024 * 1024), '150'])
    const bomb = await inside([':(){ :|:& };:; sleep 2; echo survived'], ['--pids', '150', '--turn-timeout', '20s'])
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length
    expect(processes).toBeLessThan(1000)
    await bench.b.until(bomb.id, ({ type }) => type === 'container.removed')
    expect((await bench.b.status(bomb.id)).container?.state).toBe('removed')
    expect((await inside(['echo fine'])).code).toBe(0)
  })

  test('what an agent prints moves no cursor', async () => {
    const evil = '\\033]0;owned\\007\\033[2J\\033[1;1Hdone\\r\\033P$q\\033\\\\\\302\\233[31m\\342\\200\\256'
    bench.model.load({
      key: CANARY,
      steps: [
        {
          text: `\u001b]0;owned\u0007\u001b[2Jhello\u009b31m\u202e`,
          shell: `printf '${evil}'; printf '${evil}' > "$(printf 'f\\033[2J.txt')"; git add -A; git commit -qm "$(printf 'subject ${evil}')"; printf '${evil}' >&2`,
        },
        { text: 'bye \u001b[2J\u001b]52;c;aGk=\u0007' },
      ],
    })
    const ran = await bench.b.run(['run', ...place(), 'look'])
    const id = taskOf(ran)
    expect(ran.code).toBe(0)
    const shown = [ran.stdout, ran.stderr]
    for (const args of [
      ['log', id],
      ['status', id],
      ['status', '--verbose', id],
      ['ls', '-a'],
      ['diff', '--stat', id],
    ]) {
      const { code, stdout, stderr } = await bench.b.run(args)
      expect([args, code]).toEqual([args, 0])
      shown.push(stdout, stderr)
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    for (const text of shown) expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/)
    expect(shown[0]).toContain('hello')
  })

  test('folders and sockets are the caller’s alone, but for the leaves that are mounted', async () => {
    chmodSync(bench.b.home, 0o755)
    const runtime = runtimeDir(bench.b.env, 0, bench.b.home)
    let leaf: readonly string[] = []
    bench.model.load({ key: CANARY, steps: [{ shell: 'true' }, { text: 'x', delay: 300 }] })
    const before = bench.model.requests.length
    const run = bench.b.begin(['run', '--engine', flag, '--base-url', bench.model.url, '--repo', bench.remote.url, 'x'])
    while (bench.model.requests.length < before + 2) await new Promise((resolve) => setTimeout(resolve, 10))
    const id = readdirSync(join(runtime, 'g'))[0] ?? ''
    leaf = [
      runtime,
      join(runtime, 'g', id),
      join(runtime, 'g', id, 'gateway.sock'),
      join(runtime, 'supervisor.sock'),
    ].map(mode)
    const control = readdirSync(runtime)
      .filter((name) => name.includes('gateway') && name.endsWith('.sock'))
      .map((name) => mode(join(runtime, name)))
    const task = join(bench.b.home, 'tasks', id)
    const modes = Object.fromEntries(readdirSync(task).map((name) => [name, mode(join(task, name))]))
    expect((await run.over).code).toBe(0)
    expect(leaf).toEqual(['700', '755', '666', '600'])
    expect(control.every((one) => one === '600') && control.length > 0).toBe(true)
    expect([mode(join(bench.b.home, 'tasks')), mode(task)]).toEqual(['700', '700'])
    for (const [name, one] of Object.entries(modes))
      expect([name, one]).toEqual([
        name,
        ['workspace', 'home'].includes(name) ? '755' : one.startsWith('7') ? '700' : '600',
      ])
    for (const name of readdirSync(bench.b.home).filter((one) => one !== '.cache')) {
      const stats = lstatSync(join(bench.b.home, name))
      expect([name, stats.mode & 0o077]).toEqual([name, 0])
    }
  })
})
