// What Berth adds to a start: `berth run` of an agent that does nothing against the same container by the engine alone.
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../src/domain/event.ts'
import type { Plan } from '../src/plan/plan.ts'
import { alternate, record } from './ratio.ts'
import { benchHome, plainSandbox, run } from './sandbox.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth } = home
const noop = ['--engine', engine, '--agent', 'noop']

const makeRemote = async (megabytes: number): Promise<string> => {
  const bare = join(folder, `remote-${megabytes}.git`)
  const work = join(folder, `seed-${megabytes}`)
  mkdirSync(work, { recursive: true })
  const git = (...args: string[]) => run('git', ['-C', work, '-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', ...args])
  await git('init', '--quiet', '--initial-branch', 'main')
  for (let i = 0; i < 20; i += 1) writeFileSync(join(work, `file-${i}.txt`), `${i}\n`.repeat(200))
  await git('add', '--all')
  await git('commit', '--quiet', '-m', 'first')
  for (let i = 0; i < megabytes; i += 10) {
    writeFileSync(join(work, 'big.bin'), Buffer.from(Array.from({ length: 10 }, () => crypto.getRandomValues(new Uint8Array(65536))).flatMap((part) => [...part])))
    for (let k = 0; k < 16; k += 1) writeFileSync(join(work, `big-${k}.bin`), Buffer.concat(Array.from({ length: 10 }, () => Buffer.from(crypto.getRandomValues(new Uint8Array(65536))))))
    await git('add', '--all')
    await git('commit', '--quiet', '-m', `big ${i}`)
  }
  await run('git', ['clone', '--quiet', '--bare', work, bare])
  return bare
}

/** What a careful person's script does: clone, the same sandbox on the clone, commit, push. */
const byHand = (remote: string, plan: Plan) => {
  let count = 0
  return async () => {
    count += 1
    const own = join(folder, `hand-${count}`)
    const script = `set -e
git clone --quiet "${remote}" "${own}/work"
chmod -R a+rwX "${own}"
${engine} run --rm --network none --cap-drop ALL --security-opt no-new-privileges --user ${plan.container.user.uid}:${plan.container.user.gid} \\
  --memory ${plan.container.memoryBytes?.value ?? 0} --pids-limit ${plan.container.pids?.value ?? 0} \\
  -v "${own}/work:/work" -v "${plan.container.mounts.find((m) => m.role === 'toolbox')?.source}:/opt/berth:ro" --workdir /work --entrypoint /opt/berth/bin/tini ${plan.container.image} \\
  -- /bin/sh -c 'echo noop >> made.txt'
cd "${own}/work"
git -c safe.directory='*' add --all
git -c safe.directory='*' -c user.name=Bench -c user.email=bench@localhost commit --quiet -m noop
git -c safe.directory='*' push --quiet origin HEAD:refs/heads/hand-${count}
rm -rf "${own}"`
    mkdirSync(own, { recursive: true })
    await run('sh', ['-c', script], { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } })
  }
}

const dryRun = async (...args: readonly string[]) => JSON.parse(await berth('run', ...noop, ...args, '--dry-run', '--json', 'nothing')) as Plan

const phases = async (id: string) => {
  const events = (await berth('log', id, '--json')).trim().split('\n').map((line) => JSON.parse(line) as Event)
  const from = Date.parse(events[0]?.at ?? '')
  process.stdout.write('phases of the last start (ms after the task was made)\n')
  for (const event of events) {
    const name = event.type === 'turn.phase' ? `${event.type} ${event.phase}` : event.type
    process.stdout.write(`  ${String(Date.parse(event.at) - from).padStart(5)}  ${name}\n`)
  }
}

try {
  const plan = await dryRun()
  const bare = engine === 'docker' ? ['docker', ['run', '--rm', '--network', 'none', plan.container.image, 'true']] as const : ['podman', ['run', '--rm', '--network', 'none', plan.container.image, 'true']] as const
  const start = await alternate(
    {
      berth: async () => void (await berth('run', ...noop, 'nothing')),
      plain: plainSandbox(plan, folder),
      true: async () => void (await run(bare[0], bare[1])),
      node: async () => void (await run(process.execPath, ['-e', '0'])),
    },
    ROUNDS,
  )
  process.stdout.write(`medians of ${ROUNDS} on ${engine}: ${Object.entries(start).map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(', ')}\n`)
  record('cold-start', (start['berth'] ?? 0) / (start['plain'] ?? 1), 1.15)
  record('cold-start-true', (start['berth'] ?? 0) / (start['true'] ?? 1), null)

  const remote = await makeRemote(0)
  const job = ['--repo', remote, '--branch', 'main', '--provider-arg', 'commit=made.txt'] as const
  const jobPlan = await dryRun(...job)
  const jobs = await alternate({ berth: async () => void (await berth('run', ...noop, ...job, 'nothing')), hand: byHand(remote, jobPlan) }, ROUNDS)
  process.stdout.write(`with a repository, commit and push: berth ${Math.round(jobs['berth'] ?? 0)} ms, by hand ${Math.round(jobs['hand'] ?? 0)} ms\n`)
  record('cold-job', (jobs['berth'] ?? 0) / (jobs['hand'] ?? 1), 1.25)
  const { tasks } = JSON.parse(await berth('ls', '-a', '--json', '--limit', '1')) as { tasks: { id: string }[] }
  await phases(tasks[0]?.id ?? '')

  const big = await makeRemote(100)
  chmodSync(folder, 0o755)
  const timed = async () => {
    const from = performance.now()
    await berth('run', ...noop, '--repo', `file://${big}`, '--branch', 'main', 'nothing')
    return performance.now() - from - (start['berth'] ?? 0)
  }
  const first = await timed()
  const later = [await timed(), await timed(), await timed()]
  process.stdout.write(`clone of 100 MB: first ${Math.round(first)} ms, later ${later.map((ms) => Math.round(ms)).join(', ')} ms over a start without a repository\n`)
  record('clone', Math.min(...later) / first, 0.1)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
