import { randomBytes } from 'node:crypto'
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The mark of an unfinished folder or file. */
export const UNFINISHED = '.tmp-'

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Makes a folder and its parents readable for all, whatever the umask is. */
export const mkdirOpen = async (path: string): Promise<void> => {
  const first = await mkdir(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755)
}

/**
 * Makes a folder or file that nobody sees half done: under a name of its own, then renamed. Two makers at once both
 * succeed; the first one's result stays. Gives true when `path` was made by this call.
 */
export const intoPlace = async (path: string, make: (temporary: string) => Promise<void>): Promise<boolean> => {
  if (await exists(path)) return false
  const parent = dirname(path)
  await mkdirOpen(parent)
  const temporary = join(parent, `${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await make(temporary)
    const made = await stat(temporary)
    await chmod(temporary, made.isDirectory() ? 0o755 : 0o644)
    await rename(temporary, path)
    return true
  } catch (error) {
    if (await exists(path)) return false
    throw error
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}
