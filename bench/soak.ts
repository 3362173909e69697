// Many lives of tasks, one round after the other: what supervisor, gateway, engine and disk hold at the end is what they held
// after the first rounds. MINUTES=30 for longer.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { testEngines } from '../test/fixtures/engines.ts'
import { aheadIn } from '../test/fixtures/pool-filled.ts'
import { leftOnEngine } from '../test/fixtures/whole/left-on-engine.ts'
import { processesOf } from '../test/fixtures/whole/processes-of.ts'
import { type Descriptors, descriptorLines, descriptorsOf } from './descriptors.ts'
import { peakOf } from './peak.ts'
import { median, record } from './ratio.ts'
import { benchHome, run, SPARES } from './sandbox.ts'
import { followTask, poolWarm, runtimeOf, supervisorOf } from './supervisor.ts'

const MINUTES = Number(process.env['MINUTES'] ?? 10)
/** Rounds in which caches, pools and the heap come to their size. */
const WARM_MINUTES = MINUTES / 3
const POOL = 2
const LEFT_MS = 15_000
const MB = 1024 * 1024
const engine = process.env['ENGINE'] ?? 'docker'
const endpoint = testEngines().find(({ name }) => name === engine)?.endpoint ?? ''
const home = benchHome({ BERTH_CONCURRENCY: '1000' }, SPARES)
const { folder, berth, env } = home
const noop = (...options: readonly string[]) => [
  ...['--engine', engine, '--agent', 'noop'],
  ...options.flatMap((option) => ['--provider-arg', option]),
]
const sandboxes = { spares: { tasks: 0, taken: 0 }, pool: { tasks: 0, taken: 0 } }
/** Starts a task, and counts whether it took a sandbox that waited. */
const start = async (...args: readonly string[]) => {
  const ahead = aheadIn(env.BERTH_HOME)
  const id = (await berth('start', ...args, 'nothing')).trim()
  const kind = sandboxes[args.includes('--pool') ? 'pool' : 'spares']
  kind.tasks += 1
  if (ahead.includes(id)) kind.taken += 1
  return id
}

const makeRemote = async (): Promise<string> => {
  const work = join(folder, 'seed')
  mkdirSync(work)
  const git = (...args: string[]) =>
    run('git', ['-C', work, '-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args])
  await git('init', '--quiet', '--initial-branch', 'main')
  writeFileSync(join(work, 'file.txt'), 'a\n'.repeat(200))
  await git('add', '--all')
  await git('commit', '--quiet', '-m', 'first')
  const bare = join(folder, 'remote.git')
  await run('git', ['clone', '--quiet', '--bare', work, bare])
  return bare
}

/** A repository, a push, a further prompt. Like all but `pooled` it has a spare, if one waits for its kind. */
const job = async (remote: string) => {
  const id = await start(...noop('commit=made.txt'), '--repo', remote, '--branch', 'main')
  await followTask(home, id, () => {})
  await berth('send', id, 'again')
  await berth('wait', id)
  await berth('diff', id)
  await berth('rm', '--force', id)
}

/** Stopped in the middle, with followers that stay and one that leaves. */
const stopped = async () => {
  const id = await start(...noop('shell=echo begun; sleep 3600'))
  const leave = new AbortController()
  const left = followTask(home, id, () => leave.abort(), 0, leave.signal).catch(() => {})
  const following = [followTask(home, id, () => {}), followTask(home, id, () => {})]
  await left
  await berth('stop', id)
  await Promise.all(following)
  await berth('archive', id)
  await berth('rm', '--force', id)
}

/** Prompts that wait, one of them taken back; a command beside the agent. */
const queued = async () => {
  const id = await start(...noop('lines=50'))
  await berth('send', id, 'second')
  await berth('send', id, 'third')
  await berth('withdraw', id, '3').catch(() => '')
  await berth('exec', id, 'true').catch(() => '')
  await berth('wait', id)
  await berth('log', id, '--tail', '5')
  await berth('rm', '--force', id)
}

/** A further prompt in the container of the first, which is alive when the task is removed. */
const kept = async () => {
  const id = await start(...noop('lines=5'), '--keep-alive', '10m')
  await berth('wait', id)
  await berth('send', id, 'again')
  await berth('wait', id)
  await berth('rm', '--force', id)
}

/** Of a kind of its own, with a pool. */
const pooled = async () => {
  const id = await start(...noop('lines=5'), '--read-only', '--pool', String(POOL))
  await berth('wait', id)
  await berth('rm', '--force', id)
}

const filesBelow = (path: string): number =>
  readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).length

/** Those with a mount of this home's. */
const containers = async (): Promise<number> => (await leftOnEngine(endpoint, [folder])).length
const processes = () => processesOf([folder, runtimeOf(home)])

const gatewayPid = (): number | undefined => processes().find(({ role }) => role === 'gateway')?.pid

type Sample = Readonly<Record<'memory' | 'gateway' | 'descriptors' | 'threads' | 'containers' | 'files', number>>
type Looked = { readonly sample: Sample; readonly open: Descriptors }

const look = async (): Promise<Looked> => {
  await poolWarm(home)
  const pid = await supervisorOf(home)
  const gateway = gatewayPid()
  const open = descriptorsOf([pid, ...(gateway === undefined ? [] : [gateway])], [folder, runtimeOf(home)])
  const sample = {
    memory: peakOf(pid).rss() / MB,
    gateway: gateway === undefined ? 0 : peakOf(gateway).rss() / MB,
    descriptors: Object.values(open).reduce((sum, count) => sum + count, 0),
    threads: readdirSync(`/proc/${pid}/task`).length,
    containers: await containers(),
    files: filesBelow(env.BERTH_HOME) + filesBelow(runtimeOf(home)),
  }
  return { sample, open }
}

const shown = (sample: Sample) =>
  Object.entries(sample)
    .map(([name, value]) => `${name} ${Math.round(value)}`)
    .join(', ')

try {
  const remote = await makeRemote()
  // Makes the state folder.
  await berth('ls')
  await start(...noop()).then((id) => berth('wait', id).then(() => berth('rm', '--force', id)))
  const began = Date.now()
  const minutes = () => (Date.now() - began) / 60_000
  const samples: (Sample & { readonly minutes: number; readonly open: Descriptors })[] = []
  while (minutes() < MINUTES || samples.length < 4) {
    await Promise.all([job(remote), job(remote), stopped(), stopped(), queued(), kept(), pooled(), pooled()])
    const { sample: now, open } = await look()
    const sample = { ...now, minutes: minutes(), open }
    samples.push(sample)
    process.stdout.write(`round ${samples.length}, ${sample.minutes.toFixed(1)} min: ${shown(now)}\n`)
  }
  const warm = samples.filter((sample) => sample.minutes >= WARM_MINUTES)
  const part = Math.max(1, Math.floor(warm.length / 4))
  const of = (some: readonly Sample[], name: keyof Sample) => median(some.map((sample) => sample[name]))
  const growth = (name: keyof Sample) => of(warm.slice(-part), name) - of(warm.slice(0, part), name)
  const shares = Object.entries(sandboxes)
    .map(([kind, { tasks, taken }]) => `${kind} ${taken} of ${tasks}`)
    .join(', ')
  process.stdout.write(
    `${samples.length} rounds of 8 tasks; ${shares} in a sandbox that waited; growth from the first to the last quarter after ${WARM_MINUTES.toFixed(1)} minutes:\n`,
  )
  const lines = descriptorLines(warm[0]?.open ?? {}, warm.at(-1)?.open ?? {})
  process.stdout.write(
    `descriptors of supervisor and gateway, after the first third and at the end:\n${lines.join('\n')}\n`,
  )
  // A heap breathes: what leaks grows by more than this in half an hour.
  record('soak-memory', growth('memory'), 10)
  record('soak-gateway-memory', growth('gateway'), 5)
  for (const name of ['descriptors', 'threads', 'containers', 'files'] as const) record(`soak-${name}`, growth(name), 0)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
const left = async () => (await containers()) + processes().length
for (const end = Date.now() + LEFT_MS; (await left()) > 0 && Date.now() < end; ) await sleep(100)
record('soak-left', await left(), 0)
