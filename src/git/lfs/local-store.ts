import { resolve } from 'node:path'
import { type Exec, LIMIT, succeeded } from '../exec.ts'

const LOCAL_URL = /^file:\/\/(?:localhost)?(?=\/)/i

/** The repository of a folder of this machine, where git-lfs keeps its objects; undefined for any other URL. */
export const localStore = async (local: Exec, url: string, signal?: AbortSignal): Promise<string | undefined> => {
  const folder = url.replace(LOCAL_URL, '')
  if (!folder.startsWith('/')) return undefined
  const found = await local(['-c', 'safe.directory=*', 'rev-parse', '--git-common-dir'], {
    cwd: folder,
    limitMs: LIMIT.local,
    ...(signal && { signal }),
  })
  return succeeded(found) ? resolve(folder, found.stdout.toString().replace(/\n$/, '')) : undefined
}
