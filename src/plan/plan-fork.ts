import type { ForkPoint } from '../domain/task.ts'

/** What of a fork's beginning comes as files of its own: commits that the mirror has not, and a session. */
export const forkParts = (
  { head, wip, session }: Pick<ForkPoint, 'head' | 'wip' | 'session'>,
  base: string,
): { readonly work: boolean; readonly session: boolean } => ({
  work: head !== base || (wip !== null && wip !== base),
  session: session !== null,
})
