import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'

type Run = NonNullable<WorkOrder['run']>

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const why = (run: Run, error: NodeJS.ErrnoException): string => {
  const what = `started ${run.argv[0]}`
  // The same code is given for both.
  if (!isFolder(run.cwd)) return `${what} in ${run.cwd}: there is no such folder`
  if (error.code === 'ENOENT') return `${what}: there is no such program (ENOENT)`
  if (error.code === 'EACCES') return `${what}: it may not be executed (EACCES)`
  if (error.code === 'E2BIG') return `${what}: its arguments and environment are too large (E2BIG)`
  return `${what}: ${error.message}`
}

const openStdin = (path: string): number => {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw new Error(`opened ${path} as the agent's input: ${errorMessage(error)}`)
  }
}

/** Where memory runs out, the kernel shall take the agent or its children, and leave us to bring out the work. */
const offerFirst = (pid: number) => {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500')
  } catch {
    // It has ended already.
  }
}

/** Starts the agent as the leader of a session of its own. Throws with words where it can't be started. */
export const startAgent = (run: Run, home: string): Promise<ChildProcess> => {
  const stdin = run.stdin === null ? ('ignore' as const) : openStdin(run.stdin)
  try {
    const [file, ...args] = run.argv
    const child = spawn(file, args, {
      cwd: run.cwd,
      env: { PATH: process.env['PATH'] ?? PATH, HOME: home, USER: 'agent', LANG: 'C.UTF-8', ...run.env },
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
    })
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(why(run, error))))
      if (child.pid === undefined) return
      offerFirst(child.pid)
      resolve(child)
    })
  } catch (error) {
    throw new Error(why(run, error as NodeJS.ErrnoException))
  } finally {
    if (typeof stdin === 'number') closeSync(stdin)
  }
}
