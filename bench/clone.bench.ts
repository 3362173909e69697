// What the history of a repository costs: a job with 100 MB of it over HTTP, and the second work tree of 500 MB.
import { rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { makeHistory } from '../test/fixtures/remotes/make-history.ts'
import { startHttpRemote } from '../test/fixtures/remotes/start-http-remote.ts'
import { byHand } from './by-hand.ts'
import { alternate, printMedians, record } from './ratio.ts'
import { readyRuns } from './ready-runs.ts'
import { benchHome } from './sandbox.ts'

const ROUNDS = Math.max(3, Math.round(Number(process.env['ROUNDS'] ?? 20) / 3))
const JOB_MB = 100
const CLONE_MB = 500
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']

/**
 * The job of `cold-job` against the same by hand, which clones each time as scripts do. Berth fetches the history once:
 * `first` is a job on a repository that it has never seen, each time under another address.
 */
const jobOverHttp = async () => {
  const bare = join(folder, 'history.git')
  await makeHistory(bare, JOB_MB)
  const remote = await startHttpRemote({ bare })
  try {
    const jobAt = (url: string) => [...noop, '--repo', url, '--branch', 'main', '--provider-arg', 'commit=made.txt']
    const plan = JSON.parse(await berth('run', ...jobAt(remote.url), '--dry-run', '--json', 'nothing')) as Plan
    let count = 0
    const unseen = () => {
      count += 1
      const name = `history-${count}.git`
      symlinkSync(bare, join(dirname(bare), name))
      return remote.url.replace(basename(bare), name)
    }
    const jobs = await alternate(
      {
        berth: () => berth('run', ...jobAt(remote.url), 'nothing'),
        hand: byHand({ remote: remote.url, plan, folder }),
        first: () => berth('run', ...jobAt(unseen()), 'nothing'),
      },
      ROUNDS,
    )
    printMedians(`a job with ${JOB_MB} MB of history over HTTP, medians of ${ROUNDS}`, jobs)
    record('cold-job-100mb', (jobs['berth'] ?? 0) / (jobs['hand'] ?? 1), 1)
    record('cold-job-100mb-first', (jobs['first'] ?? 0) / (jobs['hand'] ?? 1), null)
  } finally {
    await remote.close()
  }
}

const secondClone = async () => {
  const bare = join(folder, 'long.git')
  await makeHistory(bare, CLONE_MB)
  process.stdout.write(`${CLONE_MB} MB: `)
  const { first, later } = await readyRuns(home, [...noop, '--repo', `file://${bare}`, '--branch', 'main'])
  record('clone', later.ready / first.ready, 0.1)
  record('clone-run', later.whole / first.whole, null)
}

try {
  await berth('run', ...noop, 'nothing')
  await jobOverHttp()
  await secondClone()
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
