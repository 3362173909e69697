import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { runtimeDir } from '../std/runtime-dir.ts'
import { berthFolders } from '../std/xdg.ts'

declare const __BERTH_BUILD__: string | undefined
export const BUILD = typeof __BERTH_BUILD__ === 'undefined' ? 'dev' : __BERTH_BUILD__

/** The process as a value: what a command may see of it. */
export type Context = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly build: string
  /** What stood after `--`, and a prompt that begins with a dash. */
  readonly split: { readonly rest: readonly string[] | null; readonly dashed: string | null }
  readonly paths: {
    readonly state: string
    readonly configFile: string
    readonly runtime: string
    readonly socket: string
    readonly entry: string
  }
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly stdin: NodeJS.ReadStream
}

const home = (env: Context['env']) => env['HOME'] || homedir() || userInfo().homedir

export const makeContext = (split: Context['split']): Context => {
  const env = process.env
  const uid = process.getuid?.() ?? 0
  const { state, configFile } = berthFolders(env, home(env))
  const runtime = runtimeDir(env, uid, state)
  return {
    env,
    cwd: process.cwd(),
    uid,
    gid: process.getgid?.() ?? 0,
    build: BUILD,
    split,
    paths: {
      state,
      configFile,
      runtime,
      socket: join(runtime, 'supervisor.sock'),
      entry: join(import.meta.dirname, 'supervisor.js'),
    },
    stdout: process.stdout,
    stderr: process.stderr,
    // Asked for by few, and Node loads half of its streams for it.
    get stdin() {
      return process.stdin
    },
  }
}
