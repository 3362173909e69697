import { statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { runtimeDir } from '../std/runtime-dir.ts'
import { berthFolders } from '../std/xdg.ts'

declare const __BERTH_VERSION__: string | undefined
/** The version of the package. */
export const VERSION = typeof __BERTH_VERSION__ === 'undefined' ? 'dev' : __BERTH_VERSION__

type Env = Readonly<Record<string, string | undefined>>

/** The process as a value: what a client of the supervisor may see of it. */
export type ClientContext = {
  readonly env: Env
  /** Throws where the process' working folder has been removed. */
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly build: string
  /** The Node that runs the supervisor. */
  readonly node: string
  readonly paths: {
    readonly state: string
    readonly configFile: string
    readonly runtime: string
    readonly socket: string
    /** The program of the supervisor. */
    readonly entry: string
  }
}

const home = (env: Env) => env['HOME'] || homedir() || userInfo().homedir

const ownerOf = (path: string): number | undefined => {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}

/** Without the folder for sockets of another user, as `sudo -E` and `su` leave it: what lies there is that user's. */
export const ownRuntime = (env: Env, uid: number): Env => {
  const folder = env['XDG_RUNTIME_DIR']
  if (folder === undefined || ownerOf(folder) === uid) return env
  const { XDG_RUNTIME_DIR: _foreign, ...rest } = env
  return rest
}

export const workingFolder = (): string => {
  try {
    return process.cwd()
  } catch {
    throw new BerthError('usage', 'the working folder no longer exists', {
      hint: 'Change to a folder that exists, and run the command again.',
    })
  }
}

/** Where the environment says that the state is; the supervisor's program lies beside the file that asks. */
export const clientPaths = (env: Env, uid: number): ClientContext['paths'] => {
  const { state, configFile } = berthFolders(env, home(env))
  const runtime = runtimeDir(env, uid, state)
  return {
    state,
    configFile,
    runtime,
    socket: join(runtime, 'supervisor.sock'),
    entry: join(import.meta.dirname, 'supervisor.cjs'),
  }
}
