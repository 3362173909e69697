import { statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { BerthError, EXIT } from '../domain/errors.ts'
import { runtimeDir } from '../std/runtime-dir.ts'
import { berthFolders } from '../std/xdg.ts'
import { gateTerminal } from './terminal-gate.ts'

declare const __BERTH_BUILD__: string | undefined
export const BUILD = typeof __BERTH_BUILD__ === 'undefined' ? 'dev' : __BERTH_BUILD__

type Split = { readonly rest: readonly string[] | null; readonly dashed: string | null }

/** The process as a value: what a command may see of it. */
export type Context = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Throws where the folder that the shell is in has been removed. */
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly build: string
  /** What stood after `--`, and a prompt that begins with a dash. */
  readonly split: Split
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
  /** Sets what the command line was found to hold. */
  read(split: Split, colour: boolean): void
  /** Says what the exit code is when nobody reads stdout any more; without it, that of the work that was done. */
  whenUnread(code: () => number): void
  unread(): number
}

type Env = Context['env']

const home = (env: Env) => env['HOME'] || homedir() || userInfo().homedir

const ownerOf = (path: string): number | undefined => {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}

const workingFolder = (): string => {
  try {
    return process.cwd()
  } catch {
    throw new BerthError('usage', 'the working folder no longer exists', {
      hint: 'Change to a folder that exists, and run the command again.',
    })
  }
}

/** Without the folder for sockets of another user, as `sudo -E` and `su` leave it: what lies there is that user's. */
const ownRuntime = (env: Env, uid: number): Env => {
  const folder = env['XDG_RUNTIME_DIR']
  if (folder === undefined || ownerOf(folder) === uid) return env
  const { XDG_RUNTIME_DIR: _foreign, ...rest } = env
  return rest
}

/** bin/berth renames the caller's NODE_OPTIONS, which our own Node must not read. */
const callersEnv = (): Env => {
  const { BERTH_NODE_OPTIONS: options, ...env } = process.env
  return options === undefined ? env : { ...env, NODE_OPTIONS: options }
}

export const makeContext = (): Context => {
  const uid = process.getuid?.() ?? 0
  let env: Env = ownRuntime(callersEnv(), uid)
  let split: Split = { rest: null, dashed: null }
  let unread = (): number => Number(process.exitCode ?? EXIT.done)
  const { state, configFile } = berthFolders(env, home(env))
  const runtime = runtimeDir(env, uid, state)
  return {
    get env() {
      return env
    },
    get cwd() {
      return workingFolder()
    },
    uid,
    gid: process.getgid?.() ?? 0,
    build: BUILD,
    get split() {
      return split
    },
    paths: {
      state,
      configFile,
      runtime,
      socket: join(runtime, 'supervisor.sock'),
      entry: join(import.meta.dirname, 'supervisor.js'),
    },
    stdout: gateTerminal(process.stdout),
    stderr: gateTerminal(process.stderr),
    // Asked for by few, and Node loads half of its streams for it.
    get stdin() {
      return process.stdin
    },
    read(words, colour) {
      split = words
      if (!colour) env = { ...env, NO_COLOR: '1', FORCE_COLOR: '0' }
    },
    whenUnread(code) {
      unread = code
    },
    unread: () => unread(),
  }
}
