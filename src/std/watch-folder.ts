import { type FSWatcher, type WatchEventType, watch } from 'node:fs'

/**
 * Calls `changed` when a file in the folder comes, goes or grows. Where the kernel has no watch left, or the folder cannot be
 * watched, it calls `changed` every `blindMs`, without a name. Keeps no process alive.
 */
export const watchFolder = (
  folder: string,
  changed: (name: string | null, kind: WatchEventType) => void,
  blindMs: number,
): Disposable => {
  let watcher: FSWatcher | undefined
  let timer: NodeJS.Timeout | undefined
  const look = () => changed(null, 'rename')
  const goBlind = () => {
    timer ??= setInterval(look, blindMs).unref()
  }
  try {
    watcher = watch(folder, { persistent: false }, (kind, name) => changed(name, kind)).on('error', () => {
      goBlind()
      look()
    })
  } catch {
    goBlind()
  }
  return {
    [Symbol.dispose]() {
      watcher?.close()
      clearInterval(timer)
    },
  }
}
