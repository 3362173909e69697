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

/** A task's state with its phase, e.g. `running (agent)`, or that its container is kept. */
export const stateWords = (record: Pick<TaskRecord, 'state' | 'phase' | 'stopping' | 'archived' | 'kept'>): string => {
  if (record.stopping) return `${record.state} (stopping)`
  if (record.archived) return `${record.state} (archived)`
  if (record.kept != null && FINAL.has(record.state)) return `${record.state} (kept)`
  return record.phase === null || record.state !== 'running'
    ? record.state
    : `${record.state} (${terminalLine(record.phase)})`
}
