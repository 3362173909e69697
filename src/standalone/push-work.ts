import { gitWords, type RunGit } from '../inside/git-runner.ts'
import { firstLine } from '../std/first-line.ts'
import { headOf } from './check-out.ts'

type Input = {
  readonly git: RunGit
  readonly branch: string
  /** The commit that the work began with. */
  readonly base: string | null
  readonly prompt: string
  /** Who commits. */
  readonly env: Readonly<Record<string, string>>
}

/** `problem`: why nothing was pushed, though there is work. Null: there is no work. */
export type Pushed = { readonly branch: string; readonly sha: string } | { readonly problem: string } | null

const TITLE = 72

/** Commits what the agent left uncommitted, and pushes all commits to a branch, never by force. */
export const pushWork = async ({ git, branch, base, prompt, env }: Input): Promise<Pushed> => {
  const added = await git(['add', '--all'])
  if (added.code !== 0) return { problem: `added the files: ${gitWords(added)}` }
  const staged = await git(['diff', '--cached', '--quiet'])
  if (staged.code === 1) {
    const message = firstLine(prompt).slice(0, TITLE) || 'Work of an agent'
    const committed = await git(['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--file=-'], {
      input: message,
      env,
    })
    if (committed.code !== 0) return { problem: `committed the files: ${gitWords(committed)}` }
  }
  const sha = await headOf(git)
  if (sha === null || sha === base) return null
  const result = await git(['push', '--quiet', 'origin', `${sha}:refs/heads/${branch}`])
  return result.code === 0 ? { branch, sha } : { problem: `pushed to ${branch}: ${gitWords(result)}` }
}
