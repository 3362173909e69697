import { existsSync, watch } from 'node:fs'

const FOLDER_CHECK_MS = 60_000

/** Tells when one of the folders is gone, and else when something in one came or went. */
export const watchFolders = (
  folders: readonly string[],
  { gone, changed }: { readonly gone: () => void; readonly changed: () => void },
): void => {
  const check = () => {
    if (folders.every((folder) => existsSync(folder))) changed()
    else gone()
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
