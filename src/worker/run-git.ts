import type { WorkOrder } from '../domain/worker-protocol.ts'
import { gitRunner, type RunGit } from '../inside/git-runner.ts'

/** Nothing of the image's or the agent's configuration reaches these calls. */
const environment = (order: WorkOrder) => ({
  PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_EXEC_PATH: order.paths.gitExec,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: (order.author ?? order.identity).name,
  GIT_AUTHOR_EMAIL: (order.author ?? order.identity).email,
  GIT_COMMITTER_NAME: order.identity.name,
  GIT_COMMITTER_EMAIL: order.identity.email,
})

/** Runs git in the work folder, with these variables and nothing else. Never rejects. */
export const runGit = (order: WorkOrder, variables: Readonly<Record<string, string>>, signal?: AbortSignal): RunGit =>
  gitRunner({
    program: order.paths.git,
    cwd: order.paths.work,
    env: { ...environment(order), ...variables },
    signal,
  })
