import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { checkBranch, checkRef, type Source } from '../../domain/source.ts'
import type { ResolvedRef, SeenRefs } from '../../git/git.ts'
import type { CloneSource, Facts } from '../../plan/facts.ts'
import { sshKeyOf } from '../../plan/ssh-key.ts'
import type { Deps } from '../deps.ts'
import { askForge } from './ask-forge.ts'
import { hasGit, isLinked } from './has-git.ts'
import { observePullRequest, refusePullRequest } from './observe-pull-request.ts'
import { observeSubmodules } from './observe-submodules.ts'
import { refuseBranch } from './refuse-branch.ts'
import { refuseDepth } from './refuse-depth.ts'
import { parsedSource, realFolder } from './request-source.ts'

export type SourceInput = {
  readonly deps: Pick<Deps, 'config' | 'forges' | 'git'>
  readonly request: TaskRequest
  readonly caller: CallerContext
  readonly task: string
  /** The request is narrowed to a repository beside the main one. */
  readonly isFurther?: boolean
  readonly signal: AbortSignal
}

type Resolved = ResolvedRef & { readonly seen: SeenRefs | null }

const resolveRef = async (
  { deps, request, caller, signal }: SourceInput,
  url: string,
  branch: string | null = null,
): Promise<Resolved> => {
  let seen: SeenRefs | null = null
  const ref = request.ref ?? request.branch ?? branch
  const resolved = await deps.git.resolve(url, ref, caller.env, signal, {
    seen: (refs) => {
      seen = refs
    },
    ...sshKeyOf(request),
  })
  return { ...resolved, seen }
}

/** What a push would only find out after the turn is asked now; a folder's work trees where a branch is named. */
const checkBranches = async ({ deps, request, task, signal }: SourceInput, url: string, resolved: Resolved) => {
  const { seen, defaultBranch } = resolved
  if (seen === null) return
  const folder = request.pushTo === undefined ? undefined : url.replace(/^file:\/\/(?=\/)/, '')
  const local = folder?.startsWith('/') === true && existsSync(folder)
  const checkedOut = local ? await deps.git.checkedOut(folder, signal) : []
  refuseBranch({ request, task, seen, defaultBranch, checkedOut })
}

const cloneOf = async (
  input: SourceInput,
  url: string,
  uncommitted: readonly string[],
  resolved: Resolved,
): Promise<CloneSource> => {
  const { deps, request, isFurther = false, signal } = input
  await checkBranches(input, url, resolved)
  const { seen } = resolved
  const pr = await observePullRequest(input, url, resolved)
  const ref = request.ref ?? request.branch ?? null
  const mirror = deps.git.mirrorPath(url)
  const branch =
    request.branch ?? resolved.branch ?? (resolved.ref === null && ref === null ? resolved.defaultBranch : null)
  return {
    kind: 'clone',
    url,
    ref: resolved.ref,
    sha: resolved.sha,
    branch,
    mirror,
    mirrorExists: deps.git.isFilled(mirror),
    // A review that compares with a task's branch wants that one as it is now.
    ...(seen && { seen: { digest: request.reviewBase?.startsWith('berth/') ? '' : seen.digest, head: seen.head } }),
    uncommitted,
    ...(isFurther ? {} : await observeSubmodules({ git: deps.git, rule: request.submodules, url, signal })),
    ...(pr && { pr }),
  }
}

/** Mostly the folder is the repository itself: what it has is asked while its state is read. */
const askAhead = (input: SourceInput, folder: string) => {
  if (input.request.source !== 'clone') return undefined
  if (!existsSync(join(folder, '.git')) && !existsSync(join(folder, 'HEAD'))) return undefined
  const asked = resolveRef(input, folder)
  asked.catch(() => {})
  return asked
}

const localSource = async (input: SourceInput, path: string): Promise<Facts['source']> => {
  const { deps, request, caller, signal } = input
  const folder = realFolder(resolve(caller.cwd, path))
  const ahead = askAhead(input, folder)
  const repository = await deps.git.local(folder, signal)
  if (request.source !== 'clone') {
    const { uid, gid } = statSync(folder)
    return request.source === 'mount'
      ? { kind: 'mount', folder, hasGit: hasGit(folder), owner: { uid, gid } }
      : { kind: 'copy', folder, hasGit: existsSync(join(folder, '.git')) }
  }
  if (repository === undefined)
    throw new BerthError(
      'bad-repository',
      `${folder} is not a git repository; --source copy takes the files as they are`,
    )
  if (repository.head === null && request.ref === undefined && request.branch === undefined)
    throw new BerthError(
      'bad-repository',
      `${repository.toplevel} has no commit yet; --source copy takes the files as they are`,
    )
  const { toplevel, uncommitted } = repository
  const resolved = await (toplevel === folder && ahead !== undefined ? ahead : resolveRef(input, toplevel))
  return cloneOf(input, toplevel, uncommitted, resolved)
}

const checkReview = (request: TaskRequest, parsed: Source) => {
  if (request.mode !== 'review') {
    if (request.reviewBase !== undefined) throw new BerthError('bad-request', '--review-base goes with --mode review')
    return
  }
  if (parsed.kind === 'none' || request.source !== 'clone')
    throw new BerthError('bad-request', '--mode review reviews a branch of a repository: it needs a --repo')
  if (request.pushTo !== undefined)
    throw new BerthError('bad-request', '--push-to: a review changes nothing, so there is nothing to push')
}

const checkNoRepository = (request: TaskRequest) => {
  if (request.source !== 'clone')
    throw new BerthError('bad-request', `--source ${request.source} takes a local folder: it needs a --repo`)
  if (request.pushTo !== undefined || request.branch !== undefined || request.ref !== undefined)
    throw new BerthError('bad-request', '--branch, --ref and --push-to need a --repo')
}

type Observed = { readonly source: Facts['source']; readonly notices: readonly string[] }

/** A mounted `.git` that is a file names a folder of this machine, which the sandbox does not have. */
const noticesOf = ({ isolation }: TaskRequest, source: Facts['source']): readonly string[] =>
  isolation === 'container' && source.kind === 'mount' && isLinked(source.folder)
    ? [
        `git does not work in the sandbox: the repository of ${source.folder} lies elsewhere; --source clone takes it along`,
      ]
    : []

/** Looks at the repository that the request names; throws what would stop the task. */
export const observeSource = async (input: SourceInput): Promise<Observed> => {
  const { deps, request, caller, isFurther = false, signal } = input
  const parsed = parsedSource(input)
  if (request.ref !== undefined) checkRef(request.ref)
  for (const branch of [request.branch, request.pushTo, request.reviewBase, request.prBase])
    if (branch !== undefined) checkBranch(branch)
  checkReview(request, parsed)
  refuseDepth(request)
  refusePullRequest(input.deps, request, parsed)
  if (parsed.kind === 'none') {
    checkNoRepository(request)
    return { source: { kind: 'none' }, notices: [] }
  }
  if (parsed.kind === 'local') {
    const source = await localSource(input, parsed.path)
    return { source, notices: noticesOf(request, source) }
  }
  if (request.source !== 'clone')
    throw new BerthError('bad-request', `--source ${request.source} takes a local folder, and ${request.repo} is a URL`)
  const asked = { deps, request, call: { callerEnv: caller.env, signal }, isFurther }
  const { url, branch, forge, notices } = await askForge(asked, parsed)
  const source = await cloneOf(input, url, [], await resolveRef(input, url, branch))
  return { source: { ...source, ...(forge && { forge }) }, notices }
}
