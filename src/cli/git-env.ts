import { ISOLATED_GIT } from '../std/isolated-git.ts'
import type { Context } from './context.ts'

/** Where the user's configuration lies, who commits, and how a remote is reached. */
const PASSED_ON =
  /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)|COMMITTER_(NAME|EMAIL)|SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|HTTP_\w+|PROXY_\w+)$/

/**
 * The environment of git in the user's own checkout. A caller may itself be a hook, whose GIT_DIR, GIT_INDEX_FILE and
 * GIT_CONFIG_PARAMETERS name another repository, another index and other settings.
 */
export const gitEnv = (env: Context['env']): Record<string, string> => {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && (!name.startsWith('GIT_') || PASSED_ON.test(name))) kept[name] = value
  return kept
}

/** The environment of git that sees no configuration but the repository's own, which is Berth's. */
export const isolatedGitEnv = (env: Context['env']): Record<string, string> => ({
  PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  ...ISOLATED_GIT,
})
