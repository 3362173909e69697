import { type Exec, LIMIT, succeeded } from './exec.ts'

/** The URL of the remote `origin`, as the configuration of a folder's repository says it; null: it says none. */
export const readOrigin = async (exec: Exec, folder: string, signal?: AbortSignal): Promise<string | null> => {
  const args = ['-c', 'safe.directory=*', 'config', '--get', 'remote.origin.url']
  const said = await exec(args, { cwd: folder, limitMs: LIMIT.local, ...(signal && { signal }) })
  return succeeded(said) ? said.stdout.toString().replace(/\n$/, '') : null
}
