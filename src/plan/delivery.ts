import type { TaskRequest } from '../domain/request.ts'
import { signingOf } from '../domain/signing.ts'
import type { Continuation, Facts } from './facts.ts'
import type { Amendment, Delivery, PullRequestOrder } from './plan.ts'

type Asked = Pick<TaskRequest, 'prDraft' | 'prLabels' | 'prReviewers'>

/** The pull request that the request asks for, to that place. */
export const pullRequestTo = (
  { prDraft, prLabels, prReviewers }: Asked,
  { repository, base }: Pick<PullRequestOrder, 'repository' | 'base'>,
): PullRequestOrder => ({ repository, base, draft: prDraft, labels: prLabels, reviewers: prReviewers })

/** Only a done turn delivers. Berth may replace the task's own branch; it only moves a named one forward. */
export const planDelivery = (request: TaskRequest, facts: Facts, next: Pick<Continuation, 'expected'>): Delivery => {
  if (facts.source.kind === 'copy') return { kind: 'patch' }
  if (facts.source.kind !== 'clone') return { kind: 'none' }
  if (request.push === 'none' || request.mode === 'review') return { kind: 'keep' }
  const { url, pr: place } = facts.source
  const pr = place === undefined ? {} : { pr: pullRequestTo(request, place) }
  if (request.pushTo !== undefined) {
    const retries = request.pushRetries
    return { kind: 'push', url, branch: request.pushTo, mode: 'fast-forward', expected: null, retries, ...pr }
  }
  return { kind: 'push', url, branch: `berth/${facts.task}`, mode: 'lease', expected: next.expected, ...pr }
}

/** What the commits get before a push, of this turn's or by hand. */
export const planAmendment = (request: TaskRequest, facts: Facts): { readonly amendment?: Amendment } => {
  const { coAuthors, sign } = request
  if (facts.source.kind !== 'clone' || request.mode === 'review') return {}
  if (coAuthors.length === 0 && sign === undefined) return {}
  return { amendment: { coAuthors, sign: sign === undefined ? null : signingOf(sign) } }
}
