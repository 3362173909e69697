import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { SeenRefs } from '../../git/git.ts'

const branchOf = (request: TaskRequest, task: string): string | null =>
  request.push === 'none' || request.mode === 'review' ? null : (request.pushTo ?? `berth/${task}`)

const isBelow = (one: string, other: string) => one.startsWith(`${other}/`)

/** Refuses what a push or a review would only find out after the turn. */
export const refuseBranch = (input: {
  readonly request: TaskRequest
  readonly task: string
  readonly seen: SeenRefs
  readonly defaultBranch: string | null
  /** Branches that the remote, a folder of this machine, has checked out. */
  readonly checkedOut: readonly string[]
}): void => {
  const { request, task, seen, defaultBranch, checkedOut } = input
  const wanted = branchOf(request, task)
  const clash = wanted === null ? undefined : seen.heads.find((head) => isBelow(wanted, head) || isBelow(head, wanted))
  if (wanted !== null && clash !== undefined)
    throw new BerthError(
      'bad-request',
      `the branch ${wanted} cannot be pushed: the remote has the branch ${clash}, and git allows no branch below another`,
      { hint: 'Name another branch with --push-to, or keep the work with --push none.' },
    )
  if (wanted !== null && checkedOut.includes(wanted))
    throw new BerthError('bad-request', `--push-to ${wanted}: the repository has this branch checked out`, {
      hint: 'Name another branch, or leave --push-to out and bring the work here with `berth apply ID`.',
    })
  if (request.mode !== 'review') return
  const { reviewBase } = request
  if (reviewBase !== undefined && !seen.heads.includes(reviewBase))
    throw new BerthError('ref-not-found', `--review-base ${reviewBase}: the remote has no branch of this name`)
  if (reviewBase === undefined && defaultBranch === null)
    throw new BerthError('bad-request', "the remote's HEAD names no branch, so a review needs --review-base")
}
