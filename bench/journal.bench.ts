// A journal of 1 GB: followed, its tail, and what came since a time, against coreutils' tail of the same file.
import { rmSync } from 'node:fs'
import type { Plan } from '../src/plan/plan.ts'
import { makeJournal } from './make-journal.ts'
import { peakOf, peakRun } from './peak.ts'
import { alternate, record } from './ratio.ts'
import { BERTH, benchHome, run } from './sandbox.ts'
import { stopSupervisor, supervisorOf } from './supervisor.ts'

const ROUNDS = Math.max(3, Math.round(Number(process.env['ROUNDS'] ?? 20) / 5))
const MEGABYTES = Number(process.env['JOURNAL_MB'] ?? 1024)
const TAIL = 1_000_000
const MB = 1024 * 1024
const engine = process.env['ENGINE'] ?? 'docker'
const home = benchHome()
const { folder, berth, env } = home
const noop = ['--engine', engine, '--agent', 'noop', 'nothing']

/** A shell's pipe into what counts the bytes; both sides of each pair are read in the same way. */
const piped = async (command: string): Promise<number> =>
  Number(await run('bash', ['-c', `${command} | wc -c`], { env, cwd: folder }))

const ours = (args: string) => `${BERTH} log --json ${args}`

/** The figure of one way to read, and what it took of memory: ours and the supervisor's peaks over what they had before. */
const compare = async (id: string, way: { readonly berth: string; readonly tail: string }) => {
  const sizes: Record<string, number> = {}
  const counted = (name: 'berth' | 'tail') => async () => {
    sizes[name] = await piped(way[name])
  }
  const times = await alternate({ berth: counted('berth'), tail: counted('tail') }, ROUNDS)
  if (sizes['berth'] !== sizes['tail'])
    throw new Error(`${id}: berth gives ${sizes['berth']} bytes, tail ${sizes['tail']}`)
  const rate = (name: string) => Math.round(((sizes[name] ?? 0) / MB / (times[name] ?? 1)) * 1000)
  process.stdout.write(
    `${id}: ${Math.round((sizes['tail'] ?? 0) / MB)} MB, berth ${rate('berth')} MB/s, tail ${rate('tail')} MB/s\n`,
  )
  record(id, (times['berth'] ?? 0) / (times['tail'] ?? 1), 2)
}

try {
  const plan = JSON.parse(await berth('run', ...noop, '--dry-run', '--json')) as Plan
  await stopSupervisor(home)
  const made = await makeJournal({ state: env.BERTH_HOME, plan, bytes: MEGABYTES * MB })
  const { id, path, bytes } = made
  process.stdout.write(`a journal of ${Math.round(bytes / MB)} MB\n`)

  // As an older supervisor, or one that was killed, left it: without its index.
  rmSync(path.replace('.jsonl', '.index'), { force: true })
  const first = performance.now()
  await berth('ls')
  await berth('log', id, '--tail', '1', '--json')
  record('journal-first-look-ms', performance.now() - first, null)
  await stopSupervisor(home)
  const second = performance.now()
  await berth('ls')
  await berth('log', id, '--tail', '1', '--json')
  record('journal-next-look-ms', performance.now() - second, null)

  const supervisor = peakOf(await supervisorOf(home))
  const before = supervisor.rss()
  supervisor.reset()
  // Neither ends by itself; a megabyte less shows each at its next write that nobody reads any more.
  const most = bytes - MB
  await compare('journal-follow', {
    berth: `${ours(`-f ${id}`)} | head -c ${most}`,
    tail: `tail -f -c +1 ${path} | head -c ${most}`,
  })
  await compare('journal-tail', { berth: ours(`--tail ${TAIL} ${id}`), tail: `tail -n ${TAIL} ${path}` })
  await compare('journal-since', {
    berth: ours(`--since ${made.middle} ${id}`),
    tail: `tail -c +${made.before + 1} ${path}`,
  })
  record('journal-memory', (supervisor.peak() - before) / MB, 50)

  // Each command's own peak, against that of one which reads a single event.
  const peak = (...args: string[]) => peakRun(BERTH, ['log', '--json', ...args, id], { env, cwd: folder })
  record('journal-memory-log', ((await peak()) - (await peak('--tail', '1'))) / MB, 50)
  const words = await alternate(
    {
      words: async () => void (await piped(`${BERTH} log ${id}`)),
      last: async () => void (await berth('log', '--tail', '10', id)),
    },
    1,
  )
  process.stdout.write(
    `as a person reads it ${Math.round((bytes / MB / (words['words'] ?? 1)) * 1000)} MB/s; its last ten events in ${Math.round(words['last'] ?? 0)} ms\n`,
  )
  record('journal-transcript-s', (words['words'] ?? 0) / 1000, null)
  record('journal-tail-10-ms', words['last'] ?? 0, null)
} finally {
  await home.close()
  rmSync(folder, { recursive: true, force: true })
}
