import type { RunGit } from '../inside/git-runner.ts'

const MOST_LINES = 60

const lines = (text: string) => text.split('\n').filter((line) => line.trim() !== '')

/** What differs from the commit that the work began with, for a person; empty: nothing, or no repository. */
export const workChanges = async (git: RunGit, base: string | null): Promise<string> => {
  if (base === null) return ''
  const stat = await git(['diff', '--stat=100', base])
  const fresh = await git(['ls-files', '--others', '--exclude-standard'])
  const all = [...lines(fresh.stdout).map((path) => ` ${path} (new, not committed)`), ...lines(stat.stdout)]
  return all.length <= MOST_LINES
    ? all.join('\n')
    : [...all.slice(0, MOST_LINES), ` and ${all.length - MOST_LINES} lines more`].join('\n')
}
