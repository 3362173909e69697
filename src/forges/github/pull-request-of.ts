import type { PullRequest } from '../forge.ts'

/** A pull request as GitHub's lists have it. */
export type Pull = {
  readonly number: number
  readonly html_url: string
  readonly state: string
  readonly draft?: boolean
  readonly merged_at: string | null
  readonly title: string
  readonly body: string | null
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null }
  readonly base: { readonly ref: string }
}

const stateOf = ({ state, draft, merged_at }: Pull): PullRequest['state'] => {
  if (state === 'open') return draft === true ? 'draft' : 'open'
  return merged_at === null ? 'closed' : 'merged'
}

export const pullRequestOf = (pull: Pull): PullRequest => ({
  number: pull.number,
  url: pull.html_url,
  state: stateOf(pull),
  title: pull.title,
  body: pull.body ?? '',
  head: pull.head.ref,
  base: pull.base.ref,
  sha: pull.head.sha,
})
