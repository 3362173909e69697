import type { PullRequestStatus } from '../forge.ts'

export type CheckRun = { readonly status: string; readonly conclusion: string | null }
export type CommitStatus = { readonly state: string }
export type Review = {
  readonly user: { readonly login: string } | null
  readonly state: string
}

type Checks = PullRequestStatus['checks']

const GOOD: ReadonlySet<string> = new Set(['success', 'neutral', 'skipped'])

/** The worst of check runs and commit statuses, which are two ways of saying the same at GitHub. */
export const checksOf = (runs: readonly CheckRun[], statuses: readonly CommitStatus[]): Checks => {
  const ended = runs.filter(({ status }) => status === 'completed')
  const isBad =
    ended.some(({ conclusion }) => !GOOD.has(conclusion ?? '')) ||
    statuses.some(({ state }) => state === 'failure' || state === 'error')
  if (isBad) return 'failed'
  if (ended.length < runs.length || statuses.some(({ state }) => state === 'pending')) return 'pending'
  return runs.length + statuses.length === 0 ? 'none' : 'passed'
}

const DECIDES: ReadonlySet<string> = new Set(['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'])

/** Counts the newest decision of each reviewer; `reviews` are the oldest first, and a comment decides nothing. */
export const reviewsOf = (reviews: readonly Review[]): PullRequestStatus['reviews'] => {
  const newest = new Map<string, string>()
  for (const { user, state } of reviews) if (DECIDES.has(state)) newest.set(user?.login ?? '', state)
  const count = (state: string) => [...newest.values()].filter((one) => one === state).length
  return { approved: count('APPROVED'), changesRequested: count('CHANGES_REQUESTED') }
}
