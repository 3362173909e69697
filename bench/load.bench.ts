// Under load: many starts at once, many live tasks, an agent that prints as fast as it can, many followers of one task.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plan } from '../src/plan/plan.ts'
import { median, record } from './ratio.ts'
import { benchHome, plainSandbox, run } from './sandbox.ts'
import { followTask, usageOf } from './supervisor.ts'

const engine = process.env['ENGINE'] ?? 'docker'
const STARTS = Number(process.env['STARTS'] ?? 50)
const LIVE = Number(process.env['LIVE'] ?? 200)
const FLOOD_MB = Number(process.env['FLOOD_MB'] ?? 100)
const WATCHERS = Number(process.env['WATCHERS'] ?? 1000)
/** Any of burst, firehose, watchers, live; all without it. */
const PARTS = (process.env['PARTS'] ?? 'burst firehose watchers live').split(' ')
const MB = 1024 * 1024
const home = benchHome({ BERTH_CONCURRENCY: '1000' })
const { folder, berth } = home
const noop = (shell: string) => ['--engine', engine, '--agent', 'noop', '--provider-arg', `shell=${shell}`]
const plain = ['--engine', engine, '--agent', 'noop', 'nothing']
const start = async (shell: string) => (await berth('start', ...noop(shell), 'nothing')).trim()
const many = <T>(count: number, one: () => Promise<T>) => Promise.all(Array.from({ length: count }, one))

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await work()
  return performance.now() - from
}

const burst = async (plan: Plan) => {
  const raw = plainSandbox(plan, folder)
  const byHand = await timed(() => many(STARTS, raw))
  const ours = await timed(() => many(STARTS, () => berth('run', ...plain)))
  process.stdout.write(`${STARTS} starts at once: ${Math.round(ours)} ms, by hand ${Math.round(byHand)} ms\n`)
  record('burst', ours / byHand, 1.3)
}

/** An agent's word every tenth of a second, each the time at which it was said. */
const TALK = '"$3/node" -e \'setInterval(() => console.log(Date.now()), 100)\''

/** Docker before 23 takes an instance for each live task, and looks for new lines only now and then where there is none. */
const inotifyInstances = () => Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'))

/** The same of a container of the engine's own, through its own command, until `stop`. */
const talkByEngine = async (image: string) => {
  const name = `berth-bench-talk-${process.pid}`
  const words = 'while :; do date +%s%3N; sleep 0.1; done'
  await run(engine, ['run', '--detach', '--init', '--name', name, '--network', 'none', image, 'sh', '-c', words])
  const logs = spawn(engine, ['logs', '--follow', name], { stdio: ['ignore', 'pipe', 'ignore'] })
  const delays: number[] = []
  createInterface(logs.stdout).on('line', (line) => delays.push(Date.now() - Number(line)))
  const stop = async () => {
    await run(engine, ['rm', '--force', name])
    if (logs.exitCode === null) await once(logs, 'close')
    return delays
  }
  return { stop }
}

/** `what: median 2 ms, p99 7 ms of 300` */
const spread = (what: string, delays: readonly number[]) => {
  const sorted = [...delays].sort((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  process.stdout.write(`${what}: median ${median(sorted)} ms, p99 ${p99} ms of ${sorted.length}\n`)
  return p99
}

const live = async (idle: number, image: string) => {
  const ids: string[] = []
  process.stdout.write(`a user has ${inotifyInstances()} inotify instances\n`)
  record('live-200-inotify', inotifyInstances(), null)
  for (let i = 0; i < LIVE; i += 10) ids.push(...(await many(10, () => start('sleep 3600'))))
  await sleep(5000)
  const before = await usageOf(home)
  await sleep(10_000)
  const after = await usageOf(home)
  record('live-200-memory', after.rss / MB, 150)
  record('live-200-memory-a-task', (after.rss - idle) / MB / LIVE, 2)
  record('live-200-cpu', (after.cpuMs - before.cpuMs) / 100, 1)
  const byEngine = await talkByEngine(image)
  const talker = await start(TALK)
  const delays: number[] = []
  const following = followTask(home, talker, (event) => {
    if (event.type === 'agent.output') for (const line of event.text.split('\n')) delays.push(Date.now() - Number(line))
  })
  await sleep(30_000)
  await berth('stop', talker)
  await following
  const raw = await byEngine.stop()
  record('live-200-latency', spread(`an event with ${LIVE} live tasks`, delays), 50)
  record('live-200-latency-engine', spread("a line of the engine's own meanwhile", raw), null)
  await berth('rm', '--force', ...ids, talker)
}

const FLOOD = `yes ${'x'.repeat(199)} | head -c ${FLOOD_MB * MB}`

const firehose = async (plan: Plan) => {
  const name = `berth-bench-flood-${process.pid}`
  const { image } = plan.container
  const raw = await timed(async () => {
    await run(engine, ['run', '--detach', '--name', name, '--network', 'none', image, 'sh', '-c', FLOOD])
    await run('sh', ['-c', `${engine} logs --follow ${name} >/dev/null`])
  })
  await run(engine, ['rm', '--force', name])
  const before = await usageOf(home)
  let most = 0
  const id = await start(FLOOD)
  const began = performance.now()
  const looking = setInterval(async () => {
    most = Math.max(most, (await usageOf(home).catch(() => before)).rss)
  }, 250)
  await berth('wait', id)
  const ours = performance.now() - began
  clearInterval(looking)
  const rate = (ms: number) => (FLOOD_MB / ms) * 1000
  process.stdout.write(
    `${FLOOD_MB} MB printed: ${rate(ours).toFixed(1)} MB/s to the journal, ${rate(raw).toFixed(1)} MB/s by the engine's log\n`,
  )
  record('firehose', raw / ours, 0.8, 'above')
  record('firehose-memory', (most - before.rss) / MB, 50)
}

const watchers = async () => {
  const id = await start(TALK)
  const before = await usageOf(home)
  const delays: number[] = []
  const slow = { held: 0 }
  const following = Array.from({ length: WATCHERS }, (_, i) =>
    followTask(home, id, async (event) => {
      if (event.type !== 'agent.output') return
      // One in a hundred reads as slowly as a phone on a train.
      if (i % 100 === 0) {
        slow.held += 1
        await sleep(1000)
      } else if (i % 50 === 1) for (const line of event.text.split('\n')) delays.push(Date.now() - Number(line))
    }),
  )
  await sleep(20_000)
  const during = await usageOf(home)
  await berth('stop', id)
  await Promise.all(following)
  record('watchers-memory', (during.rss - before.rss) / MB, 100)
  record('watchers-latency', spread(`${WATCHERS} followers behind the agent`, delays), null)
}

try {
  await berth('run', ...plain)
  const { rss } = await usageOf(home)
  process.stdout.write(`the supervisor, idle: ${Math.round(rss / MB)} MB\n`)
  const plan = JSON.parse(await berth('run', ...plain, '--dry-run', '--json')) as Plan
  const parts = {
    burst: () => burst(plan),
    firehose: () => firehose(plan),
    watchers,
    live: () => live(rss, plan.container.image),
  }
  for (const [name, part] of Object.entries(parts)) if (PARTS.includes(name)) await part()
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
