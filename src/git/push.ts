import { existsSync } from 'node:fs'
import { refProblem } from '../domain/ref-name.ts'
import { classifyPush } from './classify-push.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git, PushResult } from './git.ts'
import { listRefs } from './list-refs.ts'

type Input = Parameters<Git['push']>[0]

const QUIET = ['--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no']

/**
 * A folder with a work tree may hold a stranger's configuration, and here its receiving side runs as the caller: no hooks
 * of it, no files checked out in it, no housekeeping.
 */
const RECEIVE = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'receive.denyCurrentBranch=refuse',
  'receive.autogc=false',
  'maintenance.auto=false',
]
const receiver = (url: string) =>
  url.startsWith('/') && existsSync(`${url}/.git`)
    ? [`--receive-pack=git ${RECEIVE.map((setting) => `-c ${setting}`).join(' ')} receive-pack`]
    : []

const arrived = async (exec: Exec, input: Input, ref: string): Promise<boolean> => {
  const found = await listRefs(exec, input.url, [ref], input.signal).catch(() => undefined)
  input.signal?.throwIfAborted()
  return found?.refs.get(ref) === input.sha
}

export const push = async (exec: Exec, input: Input): Promise<PushResult> => {
  const ref = `refs/heads/${input.branch}`
  const problem = refProblem(ref)
  if (problem !== undefined) return { ok: false, kind: 'rejected', reason: `not a branch name: ${problem}` }
  const lease = input.mode === 'lease' ? [`--force-with-lease=${ref}:${input.expected ?? ''}`] : []
  const result = await exec(
    [
      '--git-dir',
      input.publish,
      'push',
      ...QUIET,
      ...lease,
      ...receiver(input.url),
      '--',
      input.url,
      `${input.sha}:${ref}`,
    ],
    { limitMs: LIMIT.push, ...(input.signal && { signal: input.signal }) },
  )
  if (succeeded(result) || (await arrived(exec, input, ref))) return { ok: true, sha: input.sha }
  return { ok: false, ...classifyPush(result, LIMIT.push) }
}
