// What Berth adds to a start: `berth run` of an agent that does nothing against the same container by the engine alone.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { makeBare } from '../test/fixtures/remotes/make-repository.ts'
import { byHand } from './by-hand.ts'
import { type Call, recordPhases } from './phases.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { benchHome, plainSandbox, run } from './sandbox.ts'
import { poolWarm } from './supervisor.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth, env } = home
const noop = ['--engine', engine, '--agent', 'noop']

const dryRun = async (...args: readonly string[]) =>
  JSON.parse(await berth('run', ...noop, ...args, '--dry-run', '--json', 'nothing')) as Plan

/** `berth run`, and when it was called and came back, for the phases. */
const noted = (...args: readonly string[]) => {
  const calls: Omit<Call, 'id'>[] = []
  const way = async () => {
    const from = Date.now()
    await berth('run', ...noop, ...args, 'nothing')
    calls.push({ from, to: Date.now() })
  }
  /** Of the last rounds: the round that warms up is left out. */
  const phases = async (name: string) => {
    const { tasks } = JSON.parse(await berth('ls', '-a', '--json', '--limit', String(ROUNDS))) as {
      tasks: { id: string }[]
    }
    // The newest first.
    const own = tasks.map(({ id }, at) => ({ ...(calls.at(-1 - at) ?? { from: 0, to: 0 }), id }))
    recordPhases(name, env.BERTH_HOME, own)
  }
  return { way, phases }
}

const coldStart = async () => {
  const plan = await dryRun()
  const ours = noted()
  const start = await alternate(
    {
      berth: ours.way,
      plain: plainSandbox(plan, folder),
      true: () => run(engine, ['run', '--rm', '--network', 'none', plan.container.image, 'true']),
      node: () => run(process.execPath, ['-e', '0']),
    },
    ROUNDS,
  )
  printMedians(`medians of ${ROUNDS} on ${engine}`, start)
  record('cold-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 1.15)
  record('cold-start-true', (start['berth'] ?? 0) / (start['true'] ?? 1), null)
  await ours.phases('cold-start')
}

const warmStart = async () => {
  const plan = await dryRun()
  const ours = noted('--pool', '1')
  // The task that teaches the pool.
  await berth('run', ...noop, '--pool', '1', 'nothing')
  const start = await alternate({ berth: ours.way, plain: plainSandbox(plan, folder) }, ROUNDS, () => poolWarm(home, 1))
  printMedians('with a pre-started sandbox', start)
  record('warm-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 0.6)
  await ours.phases('warm-start')
  await berth('run', ...noop, '--pool', '0', 'nothing')
}

const jobs = async () => {
  const files = Array.from({ length: 20 }, (_, i) => [`file-${i}.txt`, `${i}\n`.repeat(200)])
  const remote = makeBare(join(folder, 'remote.git'), Object.fromEntries(files))
  const job = ['--repo', remote, '--branch', 'main', '--provider-arg', 'commit=made.txt'] as const
  const plan = await dryRun(...job)
  const hand = byHand({ remote, plan, folder })
  const ours = noted(...job)
  const cold = await alternate({ berth: ours.way, hand }, ROUNDS)
  printMedians('with a repository, commit and push', cold)
  record('cold-job', (cold['berth'] ?? 0) / (cold['hand'] ?? 1), 1.25)
  await ours.phases('cold-job')
  const pooled = noted(...job, '--pool', '1')
  await pooled.way()
  const warm = await alternate({ berth: pooled.way, hand }, ROUNDS, () => poolWarm(home, 1))
  printMedians('the same in a pre-started sandbox', warm)
  record('warm-job', (warm['berth'] ?? 0) / (warm['hand'] ?? 1), null)
  await berth('run', ...noop, ...job, '--pool', '0', 'nothing')
}

try {
  await coldStart()
  await warmStart()
  await jobs()
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
