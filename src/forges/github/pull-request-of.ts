import type { PullRequest } from '../forge.ts'
import { strange } from './api-error.ts'

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

const isPull = (pull: Partial<Pull> | null): boolean =>
  typeof pull?.number === 'number' &&
  /^https:\/\//.test(String(pull.html_url)) &&
  [pull.html_url, pull.state, pull.head?.ref, pull.head?.sha, pull.base?.ref].every((text) => typeof text === 'string')

/** The pull request that GitHub told. Throws forge-unreachable where an answer is none. */
export const pullRequestOf = (told: unknown): PullRequest => {
  const pull = told as Pull
  if (!isPull(pull)) throw strange('asked GitHub for a pull request', 'it told none')
  return {
    number: pull.number,
    url: pull.html_url,
    state: stateOf(pull),
    title: pull.title,
    body: pull.body ?? '',
    head: pull.head.ref,
    base: pull.base.ref,
    sha: pull.head.sha,
  }
}
