import { existsSync } from 'node:fs'
import { BerthError } from '../domain/errors.ts'
import { refProblem } from '../domain/ref-name.ts'
import type { SpawnResult } from '../std/spawn.ts'
import { classifyPush } from './classify-push.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git, PushResult } from './git.ts'
import { listRefs } from './list-refs.ts'
import { relation } from './relation.ts'

type Input = Parameters<Git['push']>[0]

const QUIET = ['--porcelain', '--no-verify', '--no-signed', '--no-follow-tags', '--recurse-submodules=no']

/**
 * A folder with a work tree may hold a stranger's configuration, and here its receiving side runs as the caller: no hooks
 * of it, no files checked out in it, no housekeeping. The pack is whole: a partial clone lacks what a thin one builds on.
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
    ? ['--no-thin', `--receive-pack=git ${RECEIVE.map((setting) => `-c ${setting}`).join(' ')} receive-pack`]
    : []

type Sides = {
  readonly local: Exec
  readonly remote: Exec
  /** The remote takes Berth's own credentials. */
  readonly own: boolean
}

/** Git could not even ask: the forge does not take Berth's own credentials, or they or the ssh key are a caller's to give. */
const ofForge = (error: unknown): PushResult => {
  if (!(error instanceof BerthError) || error.code === 'git-missing') throw error
  const { code, message, hint, row } = error
  const own = ['no-credentials', 'ssh-key-locked'].includes(code) ? {} : { own: true as const }
  return {
    ok: false,
    kind: row.retry ? 'unreachable' : 'denied',
    reason: `${message.replace(/\.$/, '')}. ${hint}`,
    ...own,
  }
}

/** What the remote has at the ref now; null where it has none, undefined where it does not say. */
const theirsNow = async (exec: Exec, input: Input, ref: string): Promise<string | null | undefined> => {
  const found = await listRefs(exec, input.url, [ref], input.signal).catch(() => undefined)
  input.signal?.throwIfAborted()
  return found === undefined ? undefined : (found.refs.get(ref) ?? null)
}

/** Two pushes at the same instant: one finds the ref locked or changed under its hands. */
const CROSSED =
  /cannot lock ref|failed to (?:update|lock) ref|incorrect old value|Unable to create .*\.lock|reference already exists/i

/** The lease was refused. */
const STALE = /^\[rejected\] \(stale info\)/

/** True where a refused fast-forward is only late: the branch is not where the commit began. */
const isRaced = async (local: Exec, input: Input, theirs: string, reason: string): Promise<boolean> => {
  if (CROSSED.test(reason)) return true
  const { publish: repository, sha: ours, signal } = input
  const stands = await relation(local, { repository, ours, theirs, ...(signal && { signal }) })
  return stands !== 'ahead'
}

/**
 * What the remote has, if that is a part of the work, also as it was before it was made again: an agent with a token may
 * have pushed it, so nobody's work is overwritten.
 */
const partThere = async (local: Exec, input: Input, theirs: string | null | undefined): Promise<string | undefined> => {
  const { publish: repository, sha, madeFrom = sha, mode, expected, signal } = input
  if (mode !== 'lease' || typeof theirs !== 'string' || theirs === expected) return undefined
  for (const ours of new Set([sha, madeFrom])) {
    const stands = await relation(local, { repository, ours, theirs, ...(signal && { signal }) })
    if (stands === 'ahead' || stands === 'same') return theirs
  }
  return undefined
}

/** git's words; and what the branch has, if that is what Berth does not overwrite. */
const reasonOf = ({ expected }: Input, reason: string, theirs: string | null | undefined): string =>
  STALE.test(reason) && typeof theirs === 'string' && theirs !== expected
    ? `${reason}\nthe branch has ${theirs.slice(0, 12)}, which is no part of this work: Berth does not overwrite it`
    : reason

const gitPush = (remote: Exec, input: Input, ref: string) => {
  const { publish, url, sha, mode, expected, signal } = input
  const lease = mode === 'lease' ? [`--force-with-lease=${ref}:${expected ?? ''}`] : []
  return remote(['--git-dir', publish, 'push', ...QUIET, ...lease, ...receiver(url), '--', url, `${sha}:${ref}`], {
    limitMs: LIMIT.push,
    ...(signal && { signal }),
  })
}

export const push = async ({ local, remote, own }: Sides, input: Input): Promise<PushResult> => {
  const ref = `refs/heads/${input.branch}`
  const problem = refProblem(ref)
  if (problem !== undefined) return { ok: false, kind: 'rejected', reason: `not a branch name: ${problem}` }
  let result: SpawnResult
  try {
    result = await gitPush(remote, input, ref)
  } catch (error) {
    return ofForge(error)
  }
  if (succeeded(result)) return { ok: true, sha: input.sha }
  const theirs = await theirsNow(remote, input, ref)
  if (theirs === input.sha) return { ok: true, sha: input.sha }
  // A merged pull request may have taken the branch away: it is made again, and nobody's work is overwritten.
  if (theirs === null && input.mode === 'lease' && input.expected !== null)
    return await push({ local, remote, own }, { ...input, expected: null })
  const part = await partThere(local, input, theirs)
  if (part !== undefined) return await push({ local, remote, own }, { ...input, expected: part })
  const failure = classifyPush(result, LIMIT.push)
  const late = failure.kind === 'rejected' && input.mode === 'fast-forward' && theirs != null
  if (late && (await isRaced(local, input, theirs, failure.reason)))
    return { ok: false, kind: 'raced', reason: failure.reason, theirs }
  const reason = reasonOf(input, failure.reason, theirs)
  return { ok: false, ...failure, reason, ...(own && { own: true as const }) }
}
