import type { Head } from './read-refs.ts'
import type { Scratch } from './scratch-repository.ts'

/**
 * What is published as the turn's work: HEAD as the agent left it. Where HEAD has nothing that the task's own branch has
 * not, or stands on a branch of the remote's, and the own branch has new commits, it is that branch.
 */
export const publishedHead = async (input: {
  readonly scratch: Scratch
  readonly head: Head
  /** The task's own branch, as a ref, and its commit. */
  readonly own: string
  readonly ownSha: string | undefined
  /** Files were left uncommitted: they are HEAD's. */
  readonly dirty: boolean
  readonly seen: ReadonlySet<string>
}): Promise<Head> => {
  const { scratch, head, own, ownSha, dirty, seen } = input
  if (head.ref === own || dirty || ownSha === undefined || head.sha === null) return head
  if (ownSha === head.sha || seen.has(ownSha)) return head
  const ahead = seen.has(head.sha) || (await scratch.git(['merge-base', '--is-ancestor', head.sha, ownSha])).code === 0
  return ahead ? { ref: own, sha: ownSha } : head
}
