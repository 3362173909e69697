// What many tasks cost: `ls` with 10,000 of them, and the usual commands with 100,000 archived ones.
import { rmSync } from 'node:fs'
import { makeTasks } from './make-tasks.ts'
import { alternate, record } from './ratio.ts'
import { benchHome, run } from './sandbox.ts'

const ROUNDS = Number(process.env['ROUNDS'] ?? 20)
const engine = process.env['ENGINE'] ?? 'docker'
const noop = ['--engine', engine, '--agent', 'noop']
const homes: ReturnType<typeof benchHome>[] = []

/** A state folder with so many tasks, and its supervisor awake. */
const filled = async (count: number, archived: boolean) => {
  const home = benchHome()
  homes.push(home)
  const { berth, env } = home
  const from = performance.now()
  await makeTasks({ state: env.BERTH_HOME, count, archived })
  const made = performance.now() - from
  const first = performance.now()
  await berth('ls')
  process.stdout.write(
    `${count} tasks: made in ${Math.round(made)} ms, the first ls (a supervisor starts) ${Math.round(performance.now() - first)} ms\n`,
  )
  const id = (await berth('start', ...noop, 'nothing')).trim()
  await berth('wait', id)
  return { berth: async (...args: readonly string[]) => void (await berth(...args)), id }
}

try {
  const ten = await filled(10, false)
  const many = await filled(10_000, false)
  const ls = await alternate(
    {
      ten: () => ten.berth('ls'),
      many: () => many.berth('ls'),
      all: () => many.berth('ls', '-a'),
      node: async () => void (await run(process.execPath, ['-e', '0'])),
    },
    ROUNDS,
  )
  process.stdout.write(
    `medians of ${ROUNDS}: ${Object.entries(ls)
      .map(([name, ms]) => `${name} ${Math.round(ms)} ms`)
      .join(', ')}\n`,
  )
  record('ls-10k', (ls['many'] ?? 0) / (ls['ten'] ?? 1), 1.2)
  record('ls-10k-node', (ls['many'] ?? 0) / (ls['node'] ?? 1), 2)
  record('ls-10k-all', (ls['all'] ?? 0) / (ls['ten'] ?? 1), null)

  const few = await filled(10, true)
  const heavy = await filled(100_000, true)
  const verbs = [
    ['start', ['run', ...noop, 'nothing']],
    ['ls', ['ls']],
    ['status', ['status']],
    ['log', ['log']],
  ] as const
  for (const [verb, args] of verbs) {
    const own = (id: string) => (verb === 'status' || verb === 'log' ? [...args, id] : args)
    const times = await alternate(
      { few: () => few.berth(...own(few.id)), heavy: () => heavy.berth(...own(heavy.id)) },
      Math.max(3, Math.round(ROUNDS / 2)),
    )
    record(`history-${verb}`, (times['heavy'] ?? 0) / (times['few'] ?? 1), 1.2)
  }
} finally {
  // A supervisor ends with its folder; the containers of the few real tasks are gone with their turns.
  for (const { folder } of homes) rmSync(folder, { recursive: true, force: true })
}
