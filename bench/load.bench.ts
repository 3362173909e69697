// Under load: many starts at once, many live tasks, an agent that prints as fast as it can, many followers of one task.
import { rmSync } from 'node:fs'
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
const MB = 1024 * 1024
const home = benchHome()
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

const live = async (idle: number) => {
  const ids: string[] = []
  for (let i = 0; i < LIVE; i += 10) ids.push(...(await many(10, () => start('sleep 3600'))))
  await sleep(5000)
  const before = await usageOf(home)
  await sleep(10_000)
  const after = await usageOf(home)
  record('live-200-memory', after.rss / MB, 150)
  record('live-200-memory-a-task', (after.rss - idle) / MB / LIVE, 2)
  record('live-200-cpu', (after.cpuMs - before.cpuMs) / 100, 1)
  const talker = await start(TALK)
  const delays: number[] = []
  const following = followTask(home, talker, (event) => {
    if (event.type === 'agent.output') delays.push(Date.now() - Number(event.text))
  })
  await sleep(20_000)
  await berth('stop', talker)
  await following
  delays.sort((a, b) => a - b)
  const p99 = delays[Math.floor(delays.length * 0.99)] ?? 0
  process.stdout.write(
    `an event with ${LIVE} live tasks: median ${median(delays)} ms, p99 ${p99} ms of ${delays.length}\n`,
  )
  record('live-200-latency', p99, 50)
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
      } else if (i % 50 === 1) delays.push(Date.now() - Number(event.text))
    }),
  )
  await sleep(20_000)
  const during = await usageOf(home)
  await berth('stop', id)
  await Promise.all(following)
  delays.sort((a, b) => a - b)
  const p99 = delays[Math.floor(delays.length * 0.99)] ?? 0
  process.stdout.write(`${WATCHERS} followers: median ${median(delays)} ms, p99 ${p99} ms behind the agent\n`)
  record('watchers-memory', (during.rss - before.rss) / MB, 100)
  record('watchers-latency', p99, null)
}

try {
  await berth('run', ...plain)
  const { rss } = await usageOf(home)
  process.stdout.write(`the supervisor, idle: ${Math.round(rss / MB)} MB\n`)
  const plan = JSON.parse(await berth('run', ...plain, '--dry-run', '--json')) as Plan
  await burst(plan)
  await firehose(plan)
  await watchers()
  await live(rss)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
