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

/** A process and all that came from it. */
const withChildren = (pid: number): readonly number[] => [
  pid,
  ...read(pid, `task/${pid}/children`)
    .split(' ')
    .filter((child) => child !== '')
    .flatMap((child) => withChildren(Number(child))),
]

/** Resident memory in MB, with all pages that other processes have, too. */
const residentMb = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + Number(/^VmRSS:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0), 0) / 1024

/** The container of the sandbox that waits in a home, its first process, and the engine's own process beside it. */
const waiting = async (home: ReturnType<typeof benchHome>, endpoint: string) => {
  const [id] = aheadIn(home.env.BERTH_HOME)
  const filters = encodeURIComponent(JSON.stringify({ label: [`${LABEL.task}=${id}`] }))
  const [found] = await engineRequest<readonly { Id: string }[]>(endpoint, 'GET', `/containers/json?filters=${filters}`)
  const path = `/containers/${found?.Id}`
  const { State } = await engineRequest<{ State: { Pid: number } }>(endpoint, 'GET', `${path}/json`)
  const beside = Number(/^PPid:\s+(\d+)/m.exec(read(State.Pid, 'status'))?.[1])
  return { path, init: State.Pid, beside }
}

/** In this time the worker warms up, and supervisor and worker collect the garbage of what they did before. */
const SETTLE_MS = 15_000

/**
 * What one sandbox costs that waits in a home. In MB: the resident memory of its processes, what the kernel charges its
 * container, and the resident memory of the engine's process beside it. In ms of one processor: what container, that
 * process and the supervisor take at first. In % of one processor: each of them after that.
 */
export const spareCost = async (home: ReturnType<typeof benchHome>, endpoint: string, seconds: number) => {
  const { path, init, beside } = await waiting(home, endpoint)
  const supervisor = await supervisorOf(home)
  const stats = () => engineRequest<Stats>(endpoint, 'GET', `${path}/stats?stream=false&one-shot=true`)
  const cpuMs = async () => [(await stats()).cpu_stats.cpu_usage.total_usage / 1e6, cpuOf(beside), cpuOf(supervisor)]
  const first = await cpuMs()
  await sleep(SETTLE_MS)
  const { usage, stats: kinds = {} } = (await stats()).memory_stats
  const before = await cpuMs()
  const from = performance.now()
  await sleep(seconds * 1000)
  const ms = performance.now() - from
  const percent = (await cpuMs()).map((now, at) => ((now - (before[at] ?? 0)) / ms) * 100)
  const [container = 0, engine = 0, own = 0] = percent
  return {
    memory: {
      processes: residentMb(withChildren(init)),
      charged: (usage - (kinds['total_inactive_file'] ?? kinds['inactive_file'] ?? 0)) / 2 ** 20,
      engine: residentMb([beside]),
    },
    settleMs: before.reduce((sum, now, at) => sum + now - (first[at] ?? 0), 0),
    cpu: { container, engine, supervisor: own },
  }
}
