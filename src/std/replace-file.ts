import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Writes a file at once so that readers see the old content or the new; one writer. What a crash takes, the next call writes. */
export const replaceFile = (path: string, data: string): void => {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`)
  try {
    writeFileSync(temporary, data, { mode: 0o600 })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
