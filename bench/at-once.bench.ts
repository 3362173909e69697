// Ten jobs at once on one remote, each with a commit and a push to a branch of its own, until the last is pushed; against
// ten scripts by hand at once.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { makeBare } from '../test/fixtures/remotes/make-repository.ts'
import { byHand } from './by-hand.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { benchHome } from './sandbox.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 10)
const JOBS = Number(process.env['JOBS'] ?? 10)
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth } = home
const atOnce = (one: () => Promise<unknown>) => () => Promise.all(Array.from({ length: JOBS }, one))

try {
  const files = Array.from({ length: 20 }, (_, i) => [`file-${i}.txt`, `${i}\n`.repeat(200)])
  const remote = makeBare(join(folder, 'remote.git'), Object.fromEntries(files))
  const job = ['--engine', engine, '--agent', 'noop', '--repo', remote, '--branch', 'main']
  const commit = [...job, '--provider-arg', 'commit=made.txt', 'nothing']
  const plan = JSON.parse(await berth('run', ...commit, '--dry-run', '--json')) as Plan
  const ways = {
    berth: atOnce(() => berth('run', ...commit)),
    hand: atOnce(byHand({ remote, plan, folder, several: true })),
  }
  const all = await alternate(ways, ROUNDS)
  printMedians(`${JOBS} jobs at once, ${ROUNDS} rounds on ${engine}`, all)
  record('ten-at-once', (all['berth'] ?? 0) / (all['hand'] ?? 1), 1.2)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
