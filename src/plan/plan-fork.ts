import type { ForkPoint } from '../domain/task.ts'

/** The files that a fork begins with: commits that the mirror lacks, and a session. */
export const forkParts = (
  { head, wip, session }: Pick<ForkPoint, 'head' | 'wip' | 'session'>,
  base: string,
): { readonly work: boolean; readonly session: boolean } => ({
  work: head !== base || (wip !== null && wip !== base),
  session: session !== null,
})
