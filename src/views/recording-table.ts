import type { Recording } from '../domain/recording.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { type Column, table } from '../std/table.ts'

const right = (title: string): Column => ({ title, align: 'right' })
const time = (startedAt: string | null) => (startedAt === null ? '-' : startedAt.replace(/\.\d+Z$/, 'Z'))

/** Lines of `berth log --recordings`. `named`: they name the task. */
export const recordingTable = (
  recordings: readonly (Recording & { readonly id: string })[],
  named: boolean,
): readonly string[] => {
  const columns = [
    ...(named ? [{ title: 'TASK' }] : []),
    right('TURN'),
    { title: 'STARTED' },
    right('LENGTH'),
    right('SIZE'),
    { title: 'TERMINAL' },
  ]
  const rows = recordings.map(({ id, turn, startedAt, seconds, bytes, columns: wide, rows: high }) => [
    ...(named ? [id] : []),
    String(turn),
    time(startedAt),
    formatDuration(Math.round(seconds) * 1000, 2),
    bytes === null ? 'running' : formatBytes(bytes),
    `${wide}x${high}`,
  ])
  return table(columns, rows)
}
