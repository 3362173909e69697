import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LABEL } from '../src/domain/container-spec.ts'
import { engineRequest } from '../test/fixtures/engine-request.ts'
import { aheadIn } from '../test/fixtures/pool-filled.ts'
import type { benchHome } from './sandbox.ts'
import { supervisorOf } from './supervisor.ts'

type Stats = {
  readonly memory_stats: { readonly usage: number; readonly stats?: Readonly<Record<string, number>> }
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } }
}

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')

/** Processor time of a process, in ms. */
const cpuOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(read(pid, `task/${task}/schedstat`).split(' ')[0]),
    0,
  ) / 1e6

/** The container of the sandbox that waits in a home, and the engine's own process beside it. */
const waiting = async (home: ReturnType<typeof benchHome>, endpoint: string) => {
  const [id] = aheadIn(home.env.BERTH_HOME)
  const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.task}=${id}`] }))
  const [found] = await engineRequest<readonly { Id: string }[]>(endpoint, 'GET', `/containers/json?filters=${filters}`)
  const path = `/containers/${found?.Id}`
  const { State } = await engineRequest<{ State: { Pid: number } }>(endpoint, 'GET', `${path}/json`)
  const beside = Number(/^PPid:\s+(\d+)/m.exec(read(State.Pid, 'status'))?.[1])
  return { path, beside }
}

/**
 * What one sandbox costs that waits in a home: its container's memory as `docker stats` has it, the memory of the
 * engine's process beside it (in MB), and the processor time of both and of the supervisor (in % of one processor).
 */
export const spareCost = async (home: ReturnType<typeof benchHome>, endpoint: string, seconds: number) => {
  const { path, beside } = await waiting(home, endpoint)
  const supervisor = await supervisorOf(home)
  const stats = () => engineRequest<Stats>(endpoint, 'GET', `${path}/stats?stream=false&one-shot=true`)
  const cpuMs = async () => (await stats()).cpu_stats.cpu_usage.total_usage / 1e6 + cpuOf(beside) + cpuOf(supervisor)
  const { usage, stats: kinds = {} } = (await stats()).memory_stats
  const before = await cpuMs()
  const from = performance.now()
  await sleep(seconds * 1000)
  const cpu = ((await cpuMs()) - before) / (performance.now() - from)
  return {
    containerMb: (usage - (kinds['total_inactive_file'] ?? kinds['inactive_file'] ?? 0)) / 2 ** 20,
    besideMb: Number(/^Pss:\s+(\d+)/m.exec(read(beside, 'smaps_rollup'))?.[1]) / 1024,
    cpuPercent: cpu * 100,
  }
}
