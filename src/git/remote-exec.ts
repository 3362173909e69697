import type { Exec } from './exec.ts'
import type { CallerEnv } from './git.ts'
import { type GitProgram, runGit } from './run-git.ts'

/** Of the caller's GIT_ variables those that say how to reach a remote; the others name repositories, indexes, tracing. */
const PASSED_ON =
  /^GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|PARAMETERS|KEY_\d+|VALUE_\d+)|SSL_\w+|HTTP_\w+|PROXY_\w+)$/
const TRANSPORTS = ['file', 'http', 'https', 'ssh']

/**
 * Git that talks to a remote, as the caller's own git would: credential helper, ssh agent and command, insteadOf. It
 * can't ask: no terminal (the child leads a session of its own), no askpass program but the caller's. No hooks, no
 * `ext::` transport.
 */
export const remoteExec =
  (program: GitProgram, callerEnv: CallerEnv): Exec =>
  (args, options) =>
    runGit(program, args, env(program, callerEnv), options)

const transports = (callerEnv: CallerEnv) => {
  const allowed = callerEnv['GIT_ALLOW_PROTOCOL']?.split(':')
  return TRANSPORTS.filter((name) => allowed === undefined || allowed.includes(name)).join(':')
}

const env = (program: GitProgram, callerEnv: CallerEnv): Record<string, string> => ({
  PATH: program.path,
  GIT_ASKPASS: '',
  GIT_HTTP_LOW_SPEED_LIMIT: '1',
  GIT_HTTP_LOW_SPEED_TIME: '60',
  ...Object.fromEntries(Object.entries(callerEnv).filter(([name]) => !name.startsWith('GIT_') || PASSED_ON.test(name))),
  LC_ALL: 'C',
  GIT_ALLOW_PROTOCOL: transports(callerEnv),
  // The other side may be a partial clone on this machine, and its configuration a stranger's.
  GIT_NO_LAZY_FETCH: '1',
  GIT_TERMINAL_PROMPT: '0',
  GCM_INTERACTIVE: 'never',
  SSH_ASKPASS_REQUIRE: 'never',
})
