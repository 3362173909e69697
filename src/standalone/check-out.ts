import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type GitResult, gitWords, type RunGit } from '../inside/git-runner.ts'
import { shortSha } from '../views/words.ts'
import { StepFailed } from './exit-codes.ts'

type Input = {
  readonly folder: string
  readonly ref: string | null
  readonly git: RunGit
  readonly say: (text: string) => void
}

/** What the work begins with. */
export type CheckedOut = { readonly ref: string | null; readonly sha: string | null }

type Target = { readonly kind: 'branch' | 'commit'; readonly name: string; readonly sha: string }

const REMOTE = 'refs/remotes/origin/'

const shaOf = async (git: RunGit, name: string): Promise<string | null> => {
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`])
  return code === 0 ? stdout.trim() : null
}

export const headOf = (git: RunGit): Promise<string | null> => shaOf(git, 'HEAD')

/** The remote's own branch; null: it has no commit yet. */
export const defaultBranch = async (git: RunGit): Promise<string | null> => {
  const { code, stdout } = await git(['symbolic-ref', '--quiet', `${REMOTE}HEAD`])
  return code === 0 ? stdout.trim().slice(REMOTE.length) : null
}

/** A branch goes before a tag, a tag before a commit. A commit or a ref that no branch has is fetched by its name. */
const findTarget = async ({ ref, git }: Input): Promise<Target | null> => {
  const name = ref ?? (await defaultBranch(git))
  if (name === null) return null
  const branch = await shaOf(git, `${REMOTE}${name}`)
  if (branch !== null) return { kind: 'branch', name, sha: branch }
  const tag = await shaOf(git, `refs/tags/${name}`)
  if (tag !== null) return { kind: 'commit', name, sha: tag }
  if (/^[0-9a-f]{7,64}$/.test(name)) {
    const commit = await shaOf(git, name)
    if (commit !== null) return { kind: 'commit', name, sha: commit }
  }
  if (/^([0-9a-f]{40}|[0-9a-f]{64}|refs\/.+)$/.test(name)) {
    await git(['fetch', 'origin', name])
    const fetched = await shaOf(git, 'FETCH_HEAD')
    if (fetched !== null) return { kind: 'commit', name, sha: fetched }
  }
  throw new StepFailed('checkout', `there is no branch, tag or commit ${name}`, 'Check REPO_REF.')
}

const must = (result: GitResult, what: string): void => {
  if (result.code === 0) return
  throw new StepFailed(
    'checkout',
    `${what}: ${gitWords(result)}`,
    'Look at the clone below /work, or use another REPO_DIR.',
  )
}

/** Commits that only HEAD has, as it is on no branch, get a branch before HEAD moves. */
const keepDetached = async ({ git, say }: Input): Promise<void> => {
  const isOn = await git(['symbolic-ref', '--quiet', 'HEAD'])
  const sha = isOn.code === 0 ? null : await headOf(git)
  if (sha === null) return
  const own = await git(['rev-list', '--max-count=1', sha, '--not', '--branches', '--tags', '--remotes'])
  if (own.stdout.trim() === '') return
  const branch = `berth/kept-${shortSha(sha)}`
  must(await git(['branch', '--force', '--', branch, sha]), `kept the commits of ${shortSha(sha)}`)
  say(`kept earlier commits as the branch ${branch}`)
}

/** The local branch goes forward with the remote's. Commits of its own stay. */
const toBranch = async (
  { git, say, folder }: Input,
  { name, sha }: Target,
  force: readonly string[],
): Promise<void> => {
  const local = await shaOf(git, `refs/heads/${name}`)
  if (local === null) {
    must(await git(['checkout', ...force, '-B', name, '--track', `origin/${name}`, '--']), `checked out ${name}`)
    return
  }
  must(await git(['checkout', ...force, name, '--']), `checked out ${name}`)
  const forward = await git(['merge', '--ff-only', '--quiet', sha])
  if (forward.code === 0) return
  say(`kept the commits of ${folder} on ${name}: the remote's branch is at ${shortSha(sha)}, and has others`)
}

/** Checks out a branch, tag or commit of the remote; its own branch without a name. Throws StepFailed. */
export const checkOut = async (input: Input): Promise<CheckedOut> => {
  const { git, folder, say } = input
  const target = await findTarget(input)
  if (target === null) {
    say('the repository has no commit yet')
    return { ref: null, sha: null }
  }
  const force = existsSync(join(folder, '.git/index')) ? [] : ['--force']
  await keepDetached(input)
  if (target.kind === 'branch') await toBranch(input, target, force)
  else must(await git(['checkout', ...force, '--detach', target.sha]), `checked out ${target.name}`)
  const sha = await headOf(git)
  say(`checked out ${target.name} at ${shortSha(sha)}`)
  return { ref: target.name, sha }
}

/** A clone with uncommitted files stays where it is; what was asked for must exist all the same. Throws StepFailed. */
export const stayAt = async (input: Input): Promise<CheckedOut> => {
  const target = await findTarget(input)
  const standing = await standingAt(input.git)
  if (target !== null && target.sha !== standing.sha)
    input.say(
      `the agent works at ${shortSha(standing.sha)}, and not at ${target.name}, which is ${shortSha(target.sha)}`,
    )
  return standing
}

/** Where a repository stands that stays as it is. */
export const standingAt = async (git: RunGit): Promise<CheckedOut> => {
  const { code, stdout } = await git(['symbolic-ref', '--quiet', '--short', 'HEAD'])
  return { ref: code === 0 ? stdout.trim() : null, sha: await headOf(git) }
}

/** Checks out a branch, tag or commit of a source tree that was copied. Throws StepFailed. */
export const checkOutCopy = async (git: RunGit, ref: string): Promise<CheckedOut> => {
  must(await git(['checkout', ref, '--']), `checked out ${ref}`)
  return { ref, sha: await headOf(git) }
}
