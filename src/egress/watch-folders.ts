import { existsSync, watch } from 'node:fs'

const FOLDER_CHECK_MS = 60_000

/** Calls back once when one of the folders is gone. */
export const watchFolders = (folders: readonly string[], gone: () => void): void => {
  const check = () => {
    if (!folders.every((folder) => existsSync(folder))) gone()
  }
  for (const folder of folders) {
    try {
      watch(folder, { persistent: false }, (event) => event === 'rename' && check()).on('error', check)
    } catch {
      // No inotify watch left on this machine.
      setInterval(check, FOLDER_CHECK_MS).unref()
    }
  }
}
