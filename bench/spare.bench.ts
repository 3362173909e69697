// Default settings: the third and further tasks of a kind, each in the sandbox that waits for it, and what that one costs.
import { rmSync } from 'node:fs'
import type { Plan } from '../src/plan/plan.ts'
import { testEngines } from '../test/fixtures/engines.ts'
import { byHand } from './by-hand.ts'
import { notedRuns } from './noted-runs.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { benchHome, plainSandbox, SPARES } from './sandbox.ts'
import { smallRemote } from './small-remote.ts'
import { spareCost } from './spare-cost.ts'
import { poolWarm } from './supervisor.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const SECONDS = 20
const engine = process.env['ENGINE'] ?? 'docker'
const endpoint = testEngines().find(({ name }) => name === engine)?.endpoint ?? ''
const home = benchHome({}, SPARES)
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']

const dryRun = async (...args: readonly string[]) =>
  JSON.parse(await berth('run', ...noop, ...args, '--dry-run', '--json', 'nothing')) as Plan

/** Two tasks of a kind: from then on a sandbox waits for the next. */
const teach = async (...args: readonly string[]) => {
  for (let task = 0; task < 2; task += 1) await berth('run', ...noop, ...args, 'nothing')
  await poolWarm(home)
}

const secondStart = async () => {
  const plan = await dryRun()
  await teach()
  const ours = notedRuns(home, noop, ROUNDS)
  const start = await alternate({ berth: ours.run, plain: plainSandbox(plan, folder) }, ROUNDS, () => poolWarm(home))
  printMedians(`default settings, third and further tasks, medians of ${ROUNDS} on ${engine}`, start)
  record('second-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 0.6)
  await ours.phases('second-start')
}

const cost = async () => {
  await poolWarm(home)
  const { memory, settleMs, cpu } = await spareCost(home, endpoint, SECONDS)
  record('spare-memory', memory.processes, 60)
  record('spare-memory-charged', memory.charged, null)
  record('spare-memory-engine', memory.engine, null)
  record('spare-settle-ms', settleMs, null)
  const parts = Object.entries(cpu).map(([name, percent]) => `${name} ${percent.toFixed(3)}`)
  process.stdout.write(`processor time of a waiting sandbox over ${SECONDS} s, in %: ${parts.join(', ')}\n`)
  record('spare-cpu', cpu.container + cpu.engine + cpu.supervisor, 0.1)
  await berth('run', ...noop, '--pool', '0', 'nothing')
}

const secondJob = async () => {
  const { remote, job } = smallRemote(folder)
  const plan = await dryRun(...job)
  await teach(...job)
  const ours = notedRuns(home, [...noop, ...job], ROUNDS)
  const hand = byHand({ remote, plan, folder })
  const all = await alternate({ berth: ours.run, hand }, ROUNDS, () => poolWarm(home))
  printMedians('the same with a repository, commit and push', all)
  record('second-job', (all['berth'] ?? 0) / (all['hand'] ?? 1), 0.9)
  await ours.phases('second-job')
}

try {
  await secondStart()
  await cost()
  await secondJob()
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
