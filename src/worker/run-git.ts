import { execFile } from 'node:child_process'
import type { WorkOrder } from '../domain/worker-protocol.ts'

export type GitResult = { readonly code: number; readonly stdout: string; readonly stderr: string }
export type RunGit = (
  args: readonly string[],
  options?: { readonly input?: string; readonly env?: Readonly<Record<string, string>> },
) => Promise<GitResult>

const LIMIT_MS = 1_800_000
const MOST_BYTES = 256 * 1024 * 1024

/** Nothing of the image's or the agent's configuration reaches these calls. */
const environment = (order: WorkOrder) => ({
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_EXEC_PATH: order.paths.gitExec,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: order.identity.name,
  GIT_AUTHOR_EMAIL: order.identity.email,
  GIT_COMMITTER_NAME: order.identity.name,
  GIT_COMMITTER_EMAIL: order.identity.email,
})

/** Runs git in the work folder, with these variables and nothing else. Never rejects. */
export const runGit =
  (order: WorkOrder, variables: Readonly<Record<string, string>>, signal?: AbortSignal): RunGit =>
  (args, options = {}) =>
    new Promise((resolve) => {
      const child = execFile(
        order.paths.git,
        args,
        {
          cwd: order.paths.work,
          env: { ...environment(order), ...variables, ...options.env },
          maxBuffer: MOST_BYTES,
          timeout: LIMIT_MS,
          killSignal: 'SIGKILL',
          ...(signal && { signal }),
        },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
          resolve({ code, stdout, stderr: code < 0 ? `${stderr}${error?.message ?? ''}` : stderr })
        },
      )
      child.stdin?.on('error', () => {})
      child.stdin?.end(options.input)
    })

/** Git's own words for why it failed, or that it was killed. */
export const gitWords = (result: GitResult): string => {
  const words = result.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('hint:'))
    .join('; ')
  return words === '' ? `git ended with exit code ${result.code}` : words
}
