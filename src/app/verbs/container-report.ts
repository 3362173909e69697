import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerReport } from '../../domain/container-report.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { ContainerInfo, Engine } from '../../engines/engine.ts'
import { errorMessage } from '../../std/error-message.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'

const LIMIT_MS = 3000
const BETWEEN_MS = 200

type Recorded = Pick<ContainerReport, 'ended' | 'events'>

const recordedIn = (journal: JournalReader): Recorded => {
  let ended: ContainerReport['ended'] = null
  const events: ContainerReport['events'][number][] = []
  for (const event of journal.select('container.exited', 'engine.event')) {
    if (event.type === 'container.exited')
      ended = { exitCode: event.exitCode, oom: event.oom, error: event.error ?? null }
    if (event.type !== 'engine.event') continue
    const { turn, told: at, action, container, exitCode = null, signal = null } = event
    events.push({ turn, at, action, container, exitCode, signal })
  }
  return { ended, events }
}

const shown = ({ id, state, pid, image, startedAt, finishedAt, exit }: ContainerInfo): ContainerReport['now'] => ({
  id,
  state,
  pid,
  image,
  startedAt,
  finishedAt,
  exitCode: exit?.code ?? null,
  oom: exit?.oom ?? false,
})

/** Two samples, a moment apart: their difference is the CPU use. */
const measured = async (engine: Engine, id: string, signal: AbortSignal): Promise<ContainerReport['stats']> => {
  const began = performance.now()
  const first = await engine.stats(id, signal)
  if (first === null) return null
  await sleep(BETWEEN_MS, undefined, { signal })
  const last = await engine.stats(id, signal)
  if (last === null) return { ...first, cpuPercent: null }
  const spent = last.cpuNanos - first.cpuNanos
  return { ...last, cpuPercent: Math.round(spent / (performance.now() - began) / 1e4) }
}

/** Asks the engine about a task's container, within a limit of its own, beside what the journal has. */
export const containerReport = async (input: {
  readonly deps: Pick<Deps, 'engines'>
  readonly record: TaskRecord
  readonly journal: JournalReader
  readonly signal: AbortSignal
}): Promise<ContainerReport> => {
  const { deps, record, journal } = input
  const { id: task, container } = record
  const base = {
    task,
    name: container?.name ?? null,
    now: null,
    stats: null,
    unreachable: null,
    ...recordedIn(journal),
  }
  if (container === null || container.state === 'removed') return base
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
  const engine = deps.engines.at(record.engine, record.endpoint)
  try {
    const found = await engine.inspect(container.id, signal)
    if (found === undefined) return base
    const stats = found.state === 'running' ? await measured(engine, container.id, signal) : null
    return { ...base, now: shown(found), stats }
  } catch (error) {
    input.signal.throwIfAborted()
    return { ...base, unreachable: errorMessage(error) }
  }
}
