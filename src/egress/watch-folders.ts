import { existsSync } from 'node:fs'
import { watchFolder } from '../std/watch-folder.ts'

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
  for (const folder of folders) watchFolder(folder, (_, kind) => kind === 'rename' && check(), FOLDER_CHECK_MS)
}
