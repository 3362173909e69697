import { type Key, SETTINGS, WHEN_UNSET } from '../../src/config/settings.ts'
import { formatBytes } from '../../src/std/bytes.ts'
import { formatDuration } from '../../src/std/duration.ts'

/** What a setting is where nobody sets it, in words; undefined where there is nothing to tell. */
export const defaultOf = (key: Key, value: unknown): string | undefined => {
  const { type } = SETTINGS[key]
  if (typeof value === 'number' && type === 'bytes') return formatBytes(value)
  if (typeof value === 'number' && type === 'duration') return formatDuration(value)
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.length > 0) return value.join(', ')
  return WHEN_UNSET[key]
}
