import { EXIT } from '../domain/errors.ts'
import { exitName } from '../domain/outcome.ts'
import type { TaskRecord } from '../domain/task.ts'

/** The exit code of `run` and `wait` for a task, or a turn, that is over. */
export const exitOf = (record: Pick<TaskRecord, 'outcome'>): number =>
  record.outcome === null ? EXIT.failed : EXIT[exitName(record.outcome)]
