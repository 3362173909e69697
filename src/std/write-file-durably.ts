import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

const syncFolder = async (folder: string) => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Writes a file, in one piece or many, so that a reader, also after a crash, sees the old content or the new, never a part. Mode default 0600.
 * Rejects with the system's error; then the old file is untouched and nothing is left behind.
 */
export const writeFileDurably = async (
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
  options: { readonly mode?: number } = {},
): Promise<void> => {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`)
  const mode = options.mode ?? 0o600
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(data)
      await handle.chmod(mode)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}
