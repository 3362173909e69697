import { recent } from '../../std/recent.ts'

const MOST = 2000

/**
 * Commits that name no object of Git LFS: what a commit holds never changes, so nobody needs to look again. `since` is for
 * what commits add to a base.
 */
export const knownWithout = () => {
  const held = recent<true>(MOST)
  const range = (base: string, head: string) => `${base}..${head}`
  return {
    has: (commit: string): boolean => held.get(commit) === true,
    add: (commit: string): void => held.put(commit, true),
    hasSince: (base: string, head: string): boolean => held.get(range(base, head)) === true,
    addSince(base: string, heads: readonly string[]): void {
      for (const head of heads) held.put(range(base, head), true)
    },
  }
}

export type KnownWithout = ReturnType<typeof knownWithout>
