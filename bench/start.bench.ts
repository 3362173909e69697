// What Berth adds to a start: `berth run` of an agent that does nothing against the same container by the engine alone.
import { rmSync } from 'node:fs'
import type { Plan } from '../src/plan/plan.ts'
import { byHand } from './by-hand.ts'
import { notedRuns } from './noted-runs.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { benchHome, plainSandbox, run } from './sandbox.ts'
import { smallRemote } from './small-remote.ts'
import { poolWarm, stopAll } from './supervisor.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']
const POOL = ['--pool', '1']

const dryRun = async (...args: readonly string[]) =>
  JSON.parse(await berth('run', ...noop, ...args, '--dry-run', '--json', 'nothing')) as Plan

const coldStart = async () => {
  const plan = await dryRun()
  const ours = notedRuns(home, noop, ROUNDS)
  const start = await alternate(
    {
      berth: ours.run,
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

/** The first command after a pause: it starts the supervisor, and its task the gateway. */
const coldSupervisor = async () => {
  const plan = await dryRun()
  const first = () => berth('run', ...noop, 'nothing')
  const start = await alternate({ berth: first, plain: plainSandbox(plan, folder) }, ROUNDS, () => stopAll(home))
  printMedians('with nothing of Berth running', start)
  record('cold-supervisor', (start['berth'] ?? 0) / (start['plain'] ?? 1), null)
  record('cold-supervisor-ms', (start['berth'] ?? 0) - (start['plain'] ?? 0), null)
}

const warmStart = async () => {
  const plan = await dryRun()
  const ours = notedRuns(home, [...noop, ...POOL], ROUNDS)
  // The task that teaches the pool.
  await berth('run', ...noop, ...POOL, 'nothing')
  const start = await alternate({ berth: ours.run, plain: plainSandbox(plan, folder) }, ROUNDS, () => poolWarm(home))
  printMedians('with a pre-started sandbox', start)
  record('warm-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 0.6)
  await ours.phases('warm-start')
  // It takes away what waits.
  await berth('run', ...noop, 'nothing')
}

const jobs = async () => {
  const { remote, job } = smallRemote(folder)
  const plan = await dryRun(...job)
  const hand = byHand({ remote, plan, folder })
  const ours = notedRuns(home, [...noop, ...job], ROUNDS)
  const cold = await alternate({ berth: ours.run, hand }, ROUNDS)
  printMedians('with a repository, commit and push', cold)
  record('cold-job', (cold['berth'] ?? 0) / (cold['hand'] ?? 1), 1.25)
  await ours.phases('cold-job')
  const pooled = notedRuns(home, [...noop, ...job, ...POOL], ROUNDS)
  await pooled.run()
  const warm = await alternate({ berth: pooled.run, hand }, ROUNDS, () => poolWarm(home))
  printMedians('the same in a pre-started sandbox', warm)
  record('warm-job', (warm['berth'] ?? 0) / (warm['hand'] ?? 1), null)
  await berth('run', ...noop, ...job, 'nothing')
}

try {
  await coldStart()
  await coldSupervisor()
  await warmStart()
  await jobs()
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
