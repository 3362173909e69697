import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git, Relation } from './git.ts'

type Input = Parameters<Git['relation']>[0]

/** A commit that is not there is in nobody's history. */
export const relation = async (exec: Exec, { repository, ours, theirs, signal }: Input): Promise<Relation> => {
  if (ours === theirs) return 'same'
  const isAncestor = async (older: string, newer: string) =>
    succeeded(
      await exec(['--git-dir', repository, 'merge-base', '--is-ancestor', older, newer], {
        limitMs: LIMIT.local,
        ...(signal && { signal }),
      }),
    )
  if (await isAncestor(theirs, ours)) return 'ahead'
  return (await isAncestor(ours, theirs)) ? 'behind' : 'diverged'
}
