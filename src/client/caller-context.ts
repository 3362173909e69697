import { type CallerContext, callerEnv } from '../domain/caller-context.ts'
import type { ClientContext } from './context.ts'

/** Where relative paths begin; whoever has one to read looks at the folder itself before. */
const folderOf = (context: ClientContext): string => {
  try {
    return context.cwd
  } catch {
    return '/'
  }
}

/** The caller context of this process, with the variables that --env names. */
export const callerContextOf = (context: ClientContext, named: readonly string[] = []): CallerContext => ({
  cwd: folderOf(context),
  uid: context.uid,
  gid: context.gid,
  env: callerEnv(context.env, named),
})
