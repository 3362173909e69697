import { ISOLATED_GIT } from '../std/isolated-git.ts'
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
  ...ISOLATED_GIT,
  GIT_ASKPASS: '',
  GIT_SSH_COMMAND: 'false',
  GIT_EDITOR: 'false',
  GIT_PAGER: 'cat',
})
