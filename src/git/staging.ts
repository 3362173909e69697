import { BerthError } from '../domain/errors.ts'
import { classifyPush } from './classify-push.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { redactUrls } from './git-words.ts'
import { sourceError } from './source-error.ts'

/** A ref outside of branches and tags, where a forge finds objects: whatever it named before. */
export const giveRef = async (exec: Exec, input: Parameters<Git['giveRef']>[0]): Promise<void> => {
  const { publish, url, sha, ref, signal } = input
  const quiet = ['--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no']
  const args = ['--git-dir', publish, 'push', ...quiet, '--force', '--', url, `${sha}:${ref}`]
  const result = await exec(args, { limitMs: LIMIT.push, ...(signal && { signal }) })
  if (succeeded(result)) return
  const { reason } = classifyPush(result, LIMIT.push)
  throw new BerthError('push-failed', `pushed the commits to ${ref} of ${redactUrls(url)}: ${reason}`)
}

/** Brings what a ref has into the publish repository; no ref of ours names it. */
export const bringRef = async (exec: Exec, input: Parameters<Git['bringRef']>[0]): Promise<void> => {
  const { publish, url, ref, signal } = input
  const options = ['fetch.unpackLimit=1', 'fetch.writeCommitGraph=false', 'fetch.fsckObjects=true']
  const quiet = ['--no-auto-maintenance', '--no-write-fetch-head', '--no-recurse-submodules', '--no-tags', '--quiet']
  const args = [...options.flatMap((one) => ['-c', one]), '--git-dir', publish, 'fetch', ...quiet, '--', url, ref]
  const result = await exec(args, { limitMs: LIMIT.push, ...(signal && { signal }) })
  if (!succeeded(result)) throw sourceError(url, `fetched ${ref} of ${redactUrls(url)}`, result, LIMIT.push)
}
