// From a key press to its echo on the user's terminal: `berth attach`, against the engine's own terminal in that container.
import type { TaskRecord } from '../src/domain/task.ts'
import { terminal } from '../test/fixtures/terminal.ts'
import { median, record } from './ratio.ts'
import { BERTH, benchHome } from './sandbox.ts'

const KEYS = Math.max(100, 25 * Number(process.env['ROUNDS'] ?? 20))
const WARM_UP = 20
const engine = process.env['ENGINE'] ?? 'docker'
const ECHO = 'stty raw -echo; echo ready; exec cat'
const { folder, env, berth, close } = benchHome()

/** Somebody at a terminal who waits for the echo of each key. */
const typist = async (argv: readonly string[]) => {
  const screen = terminal(argv, { env: { PATH: process.env['PATH'] ?? '', ...env }, cwd: folder, limitMs: 600_000 })
  await screen.shows('ready')
  let typed = 0
  return async (): Promise<number> => {
    const key = String.fromCharCode(65 + (typed % 26))
    typed += 1
    const before = screen.seen().length
    const from = performance.now()
    screen.type(key)
    while (!screen.seen().slice(before).includes(key)) await screen.more()
    return performance.now() - from
  }
}

const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0

const containerOf = async (id: string): Promise<string> => {
  const record = JSON.parse(await berth('status', id, '--json')) as TaskRecord
  if (record.container?.state !== 'running') throw new Error(`${id}: no container runs`)
  return record.container.id
}

try {
  const start = ['start', '--mode', 'interactive', '--engine', engine, '--no-repo', '--agent', 'noop']
  const id = (await berth(...start, '-c', `shell=${ECHO}`)).trim()
  const attached = await typist([BERTH, 'attach', id])
  const own = await typist([engine, 'exec', '-it', await containerOf(id), 'sh', '-c', ECHO])
  const times = { attached: [] as number[], own: [] as number[] }
  for (let key = -WARM_UP; key < KEYS; key += 1) {
    const [mine, theirs] = [await attached(), await own()]
    if (key < 0) continue
    times.attached.push(mine)
    times.own.push(theirs)
  }
  for (const [name, all] of Object.entries(times))
    process.stdout.write(
      `${name}: p50 ${median(all).toFixed(1)} ms, p99 ${percentile(all, 0.99).toFixed(1)} ms of ${all.length} keys\n`,
    )
  const over = (part: number) => percentile(times.attached, part) - percentile(times.own, part)
  process.stdout.write(`ratio of the medians: ${(median(times.attached) / median(times.own)).toFixed(2)}\n`)
  record('terminal-key-p50', over(0.5), null)
  record('terminal-key-p99', over(0.99), 30)
} finally {
  // Both terminals end with the container.
  await close()
}
