import type { Login } from '../../domain/login.ts'

/** The CLIs refresh within the last five minutes. */
const MARGIN_MS = 6 * 60_000

/** When the token is to be refreshed, in ms: six minutes before its end, or in the last quarter of a shorter life. Null: never. */
export const refreshTime = ({ expiresAt, refresh, refreshedAt, createdAt }: Login): number | null => {
  if (expiresAt === null || refresh === null) return null
  const end = Date.parse(expiresAt)
  const life = Math.max(0, end - Date.parse(refreshedAt ?? createdAt))
  return end - Math.min(MARGIN_MS, life / 4)
}

export const isExpired = ({ expiresAt }: Login, now: Date): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= now.getTime()
