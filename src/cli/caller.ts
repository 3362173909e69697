import { type Caller, callerEnv } from '../domain/caller.ts'
import type { Context } from './context.ts'

/** This process' world, with the variables that --env names. */
export const callerOf = (context: Context, named: readonly string[] = []): Caller => ({
  cwd: context.cwd,
  uid: context.uid,
  gid: context.gid,
  env: callerEnv(context.env, named),
})
