import { delimiter, dirname } from 'node:path'
import type { SpawnResult } from '../std/spawn.ts'
import type { InstallOptions } from './install.ts'
import { READABLE, type RunOptions, run, tryRun } from './run.ts'

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'] as const

/** npm 12 does not start with an old Node of this machine: it gets the one that Berth runs on. */
const withOwnNode = (options: InstallOptions, more: RunOptions): RunOptions => ({
  ...more,
  env: { ...more.env, PATH: [dirname(process.execPath), options.env['PATH'] ?? ''].join(delimiter) },
})

/** Runs npm with the caller's settings of npm; it never runs a script of a package. */
export const npm = (args: readonly string[], options: InstallOptions, more: RunOptions): Promise<string> =>
  run([...READABLE, 'npm', ...args, '--ignore-scripts', ...QUIET], options, withOwnNode(options, more))

/** The same; how it ended is in the result. */
export const tryNpm = (args: readonly string[], options: InstallOptions, more: RunOptions): Promise<SpawnResult> =>
  tryRun([...READABLE, 'npm', ...args, '--ignore-scripts', ...QUIET], options, withOwnNode(options, more))
