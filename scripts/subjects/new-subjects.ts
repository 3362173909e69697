import { execFileSync } from 'node:child_process'

/** Came with the rule: commits before the one that added it are not checked. */
const RULE = 'scripts/check-subjects.ts'
const DEFAULTS = ['refs/remotes/origin/HEAD', 'refs/remotes/origin/main', 'refs/remotes/origin/master']

type Commit = { readonly id: string; readonly subject: string }

/** The commits of HEAD that the remote's default branch does not have, newest first; without a remote, all since the rule. */
export const newSubjects = (folder: string): readonly Commit[] => {
  const git = (...args: readonly string[]): readonly string[] => {
    try {
      const said = execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      return said.split('\n').slice(0, -1)
    } catch {
      return []
    }
  }
  const rule = git('log', '--diff-filter=A', '--format=%H', '--', RULE).at(-1)
  if (rule === undefined) return []
  const [remote] = DEFAULTS.flatMap((name) => git('rev-parse', '--verify', '--quiet', `${name}^{commit}`))
  const unpublished = new Set(git('rev-list', 'HEAD', ...(remote === undefined ? [] : [`^${remote}`])))
  return git('log', '--no-merges', '--ancestry-path', '--format=%H %s', `${rule}..HEAD`)
    .map((line) => ({ id: line.slice(0, line.indexOf(' ')), subject: line.slice(line.indexOf(' ') + 1) }))
    .filter(({ id }) => unpublished.has(id))
}
