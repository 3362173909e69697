import { gitWords, type RunGit } from '../inside/git-runner.ts'

type Row = { readonly sha: string; readonly parents: readonly string[] }

const readRows = async (git: RunGit, commits: readonly string[]): Promise<readonly Row[]> => {
  const input = commits.map((sha) => `${sha}\n`).join('')
  const result = await git(['rev-list', '--no-walk=unsorted', '--parents', '--stdin'], { input })
  if (result.code !== 0) throw new Error(`read the history of ${commits[0]}: ${gitWords(result)}`)
  const lines = result.stdout.split('\n').filter(Boolean)
  return lines.map((line) => {
    const [sha = '', ...parents] = line.split(' ')
    return { sha, parents }
  })
}

/**
 * Where a history that begins with these commits ends, if it is `depth` commits deep: those whose parents are left out, as
 * `git clone --depth` counts them. Git reads one generation at a time, so a long history costs no more than a short one.
 */
export const historyEnds = async (
  git: RunGit,
  commits: readonly string[],
  depth: number,
): Promise<readonly string[]> => {
  const seen = new Set(commits)
  let rows = await readRows(git, [...seen])
  for (let at = 1; at < depth; at += 1) {
    const next = new Set(rows.flatMap(({ parents }) => parents).filter((sha) => !seen.has(sha)))
    if (next.size === 0) return []
    for (const sha of next) seen.add(sha)
    rows = await readRows(git, [...next])
  }
  return rows.filter(({ parents }) => parents.some((sha) => !seen.has(sha))).map(({ sha }) => sha)
}
