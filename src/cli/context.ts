import { type ClientContext, clientPaths, ownRuntime, workingFolder } from '../client/context.ts'
import { EXIT } from '../domain/errors.ts'
import { BUILD } from '../std/build-id.ts'
import { gateTerminal } from './terminal-gate.ts'

type Split = { readonly rest: readonly string[] | null; readonly dashed: string | null }

/** The process as a value: what a command may see of it. */
export type Context = ClientContext & {
  /** What stood after `--`, and a prompt that begins with a dash. */
  readonly split: Split
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
  const paths = clientPaths(env, uid)
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
    node: process.execPath,
    get split() {
      return split
    },
    paths,
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
