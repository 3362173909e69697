import { SPARES } from '../domain/spare-limits.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import type { Check } from './check.ts'
import { type SettingsContext, settingsInForce } from './settings-in-force.ts'

const byDefault = (available: number): string => {
  const { withinMs, most, memoryBytes } = SPARES
  const rule = `one for each kind of task that came twice in ${formatDuration(withinMs)}, at most ${most}`
  const needed = formatBytes(memoryBytes)
  return available >= memoryBytes
    ? `on: ${rule}`
    : `on, but Berth starts none now: ${formatBytes(available)} of memory is available, and ${needed} is needed`
}

/** Whether sandboxes wait for further tasks, and how many do. `waiting`: as the supervisor says, 0 if none runs. */
export const sandboxCheck = (
  context: SettingsContext,
  { waiting, available }: { readonly waiting: number; readonly available: number },
): readonly Check[] => {
  const found = settingsInForce(context)
  if (found === undefined) return []
  const { pool } = found.values
  const origin = `set by ${found.origins.pool}`
  const rule =
    pool == null ? byDefault(available) : pool === 0 ? `off (${origin})` : `${pool} for each kind of task (${origin})`
  const now = waiting === 0 ? 'none waits' : waiting === 1 ? '1 waits' : `${waiting} wait`
  return [{ name: 'pre-started sandboxes', ok: true, detail: `${rule}; ${now}`, fix: null }]
}
