// What Berth adds to a start: `berth run` of an agent that does nothing against the same container by the engine alone.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../src/plan/plan.ts'
import { byHand } from './by-hand.ts'
import { type Call, printPhases } from './phases.ts'
import { alternate, record } from './ratio.ts'
import { benchHome, plainSandbox, run } from './sandbox.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth, env } = home
const noop = ['--engine', engine, '--agent', 'noop']

const makeRemote = async (megabytes: number): Promise<string> => {
  const bare = join(folder, `remote-${megabytes}.git`)
  const work = join(folder, `seed-${megabytes}`)
  mkdirSync(work, { recursive: true })
  const git = (...args: string[]) =>
    run('git', ['-C', work, '-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args])
  await git('init', '--quiet', '--initial-branch', 'main')
  for (let i = 0; i < 20; i += 1) writeFileSync(join(work, `file-${i}.txt`), `${i}\n`.repeat(200))
  await git('add', '--all')
  await git('commit', '--quiet', '-m', 'first')
  for (let i = 0; i < megabytes; i += 10) {
    writeFileSync(
      join(work, 'big.bin'),
      Buffer.from(
        Array.from({ length: 10 }, () => crypto.getRandomValues(new Uint8Array(65536))).flatMap((part) => [...part]),
      ),
    )
    for (let k = 0; k < 16; k += 1)
      writeFileSync(
        join(work, `big-${k}.bin`),
        Buffer.concat(Array.from({ length: 10 }, () => Buffer.from(crypto.getRandomValues(new Uint8Array(65536))))),
      )
    await git('add', '--all')
    await git('commit', '--quiet', '-m', `big ${i}`)
  }
  await run('git', ['clone', '--quiet', '--bare', work, bare])
  return bare
}

const dryRun = async (...args: readonly string[]) =>
  JSON.parse(await berth('run', ...noop, ...args, '--dry-run', '--json', 'nothing')) as Plan

/** Runs the job and notes when, for the table of phases. */
const noted = (calls: Omit<Call, 'id'>[], args: readonly string[]) => async () => {
  const from = Date.now()
  await berth('run', ...noop, ...args, 'nothing')
  calls.push({ from, to: Date.now() })
}

try {
  const plan = await dryRun()
  const bare =
    engine === 'docker'
      ? (['docker', ['run', '--rm', '--network', 'none', plan.container.image, 'true']] as const)
      : (['podman', ['run', '--rm', '--network', 'none', plan.container.image, 'true']] as const)
  const start = await alternate(
    {
      berth: async () => void (await berth('run', ...noop, 'nothing')),
      plain: plainSandbox(plan, folder),
      true: async () => void (await run(bare[0], bare[1])),
      node: async () => void (await run(process.execPath, ['-e', '0'])),
    },
    ROUNDS,
  )
  process.stdout.write(
    `medians of ${ROUNDS} on ${engine}: ${Object.entries(start)
      .map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
      .join(', ')}\n`,
  )
  record('cold-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 1.15)
  record('cold-start-true', (start['berth'] ?? 0) / (start['true'] ?? 1), null)

  const remote = await makeRemote(0)
  const job = ['--repo', remote, '--branch', 'main', '--provider-arg', 'commit=made.txt'] as const
  const jobPlan = await dryRun(...job)
  const calls: Omit<Call, 'id'>[] = []
  const jobs = await alternate({ berth: noted(calls, job), hand: byHand({ remote, plan: jobPlan, folder }) }, ROUNDS)
  process.stdout.write(
    `with a repository, commit and push: berth ${Math.round(jobs['berth'] ?? 0)} ms, by hand ${Math.round(jobs['hand'] ?? 0)} ms\n`,
  )
  record('cold-job', (jobs['berth'] ?? 0) / (jobs['hand'] ?? 1), 1.25)
  const { tasks } = JSON.parse(await berth('ls', '-a', '--json', '--limit', String(ROUNDS))) as {
    tasks: { id: string }[]
  }
  // The newest first; the round that warms up is left out.
  printPhases(
    env.BERTH_HOME,
    tasks.map(({ id }, at) => ({ ...(calls.at(-1 - at) ?? { from: 0, to: 0 }), id })),
  )

  const big = await makeRemote(100)
  chmodSync(folder, 0o755)
  const timed = async () => {
    const from = performance.now()
    await berth('run', ...noop, '--repo', `file://${big}`, '--branch', 'main', 'nothing')
    return performance.now() - from - (start['berth'] ?? 0)
  }
  const first = await timed()
  const later = [await timed(), await timed(), await timed()]
  process.stdout.write(
    `clone of 100 MB: first ${Math.round(first)} ms, later ${later.map((ms) => Math.round(ms)).join(', ')} ms over a start without a repository\n`,
  )
  record('clone', Math.min(...later) / first, 0.1)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
