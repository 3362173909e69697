import { FINAL, type State, type TaskRecord } from '../domain/task.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import type { Format } from './style.ts'

export const STATE_FORMAT: Readonly<Record<State, Format>> = {
  queued: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  blocked: 'yellow',
  ready: 'green',
  done: 'green',
  failed: 'red',
  stopped: 'yellow',
  died: 'red',
}

type Stated = Pick<TaskRecord, 'state' | 'phase' | 'stopping' | 'archived' | 'kept' | 'outcome'>

/** A task's state with its phase, e.g. `running (agent)`, the kind of failure, or that its container is kept. */
export const stateWords = (record: Stated): string => {
  if (record.stopping) return `${record.state} (stopping)`
  if (record.archived) return `${record.state} (archived)`
  if (record.kept != null && FINAL.has(record.state)) return `${record.state} (kept)`
  if (record.state === 'failed' && record.outcome !== null && record.outcome.class !== 'agent')
    return `failed (${terminalLine(record.outcome.class)})`
  return record.phase === null || record.state !== 'running'
    ? record.state
    : `${record.state} (${terminalLine(record.phase)})`
}
