/** Names of the time zone database: each part begins with a capital letter, so that no name leads out of its folder. */
const NAME = /^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/

/** Whether the time zone database has that name, as far as this program's own copy knows. */
export const isTimeZone = (name: string): boolean => {
  if (!NAME.test(name) || name.length > 64) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** The zone that somebody means who wrote it in other letters. */
export const likeTimeZone = (name: string): string | undefined =>
  Intl.supportedValuesOf('timeZone').find((known) => known.toLowerCase() === name.toLowerCase())

/** Where programs look for a zone's file. */
export const ZONE_FOLDER = '/usr/share/zoneinfo'
