/** SQLITE_FULL, SQLITE_IOERR_SHMSIZE. */
const FULL: ReadonlySet<unknown> = new Set([13, 4874])

/** True for the error by which the system, or SQLite, says that a disk is full. */
export const noSpace = (error: unknown): boolean => {
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown }
  return code === 'ENOSPC' || FULL.has(errcode)
}
