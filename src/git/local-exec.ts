import type { Exec } from './exec.ts'
import { type GitProgram, runGit } from './run-git.ts'

/**
 * Git on files of ours. It sees no configuration but the repository's own, reaches no network (no transport is allowed,
 * so not even a promisor remote of a hostile repository), asks nothing and follows no replacement objects.
 */
export const localExec =
  (program: GitProgram): Exec =>
  (args, options) =>
    runGit(program, ['-c', 'core.attributesFile=/dev/null', '-c', 'credential.helper=', ...args], env(program), options)

const env = (program: GitProgram) => ({
  PATH: program.path,
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_ALLOW_PROTOCOL: '',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '',
  GIT_SSH_COMMAND: 'false',
  GIT_EDITOR: 'false',
  GIT_PAGER: 'cat',
})
