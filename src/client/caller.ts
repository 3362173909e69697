import { type Caller, callerEnv } from '../domain/caller.ts'
import type { ClientContext } from './context.ts'

/** Where relative paths begin; whoever has one to read looks at the folder itself before. */
const folderOf = (context: ClientContext): string => {
  try {
    return context.cwd
  } catch {
    return '/'
  }
}

/** This process' world, with the variables that --env names. */
export const callerOf = (context: ClientContext, named: readonly string[] = []): Caller => ({
  cwd: folderOf(context),
  uid: context.uid,
  gid: context.gid,
  env: callerEnv(context.env, named),
})
