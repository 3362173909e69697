import { existsSync, realpathSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { checkBranch, checkRef, parseSource, type Source } from '../../domain/source.ts'
import { newTaskFolders } from '../../domain/task-paths.ts'
import type { Engine } from '../../engines/engine.ts'
import type { ResolvedRef, SeenRefs } from '../../git/git.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Deps } from '../deps.ts'
import { askForge } from './ask-forge.ts'
import { chooseKey } from './choose-login.ts'
import { checkInside, forgeInside } from './forge-inside.ts'
import { hasGit, isLinked } from './has-git.ts'
import { observePlace } from './observe-place.ts'
import { observePullRequest, refusePullRequest } from './observe-pull-request.ts'
import { readHardening } from './read-hardening.ts'
import { readFolder, readProject } from './read-project.ts'
import { refuseBranch } from './refuse-branch.ts'
import { refuseDepth } from './refuse-depth.ts'

export type Observed = {
  readonly facts: Facts
  readonly engine: Engine
  /** Null without one, and for a login: its token is read at the launch. */
  readonly key: string | null
  readonly env: Readonly<Record<string, string>>
  readonly notices: readonly string[]
}

type Input = {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'git' | 'installation' | 'logins'>
  readonly request: TaskRequest
  /** Values of --env NAME=VALUE. */
  readonly given: Readonly<Record<string, string>>
  readonly provider: Provider
  readonly caller: CallerContext
  readonly task: string
  /** The folder for workspaces; null: the state folder. */
  readonly base: string | null
  /** Nothing is to be created. */
  readonly dry?: boolean
  readonly signal: AbortSignal
}

const realFolder = (path: string): string => {
  if (!existsSync(path)) throw new BerthError('bad-repository', `${path}: there is no such folder`)
  const real = realpathSync(path)
  if (!statSync(real).isDirectory()) throw new BerthError('bad-repository', `${path} is a file, not a folder`)
  return real
}

type Resolved = ResolvedRef & { readonly seen: SeenRefs | null }

const resolveRef = async (
  { deps, request, caller, signal }: Input,
  url: string,
  branch: string | null = null,
): Promise<Resolved> => {
  let seen: SeenRefs | null = null
  const ref = request.ref ?? request.branch ?? branch
  const resolved = await deps.git.resolve(url, ref, caller.env, signal, (refs) => {
    seen = refs
  })
  return { ...resolved, seen }
}

/** What a push would only find out after the turn is asked now; a folder's work trees where a branch is named. */
const checkBranches = async ({ deps, request, task, signal }: Input, url: string, resolved: Resolved) => {
  const { seen, defaultBranch } = resolved
  if (seen === null) return
  const folder = request.pushTo === undefined ? undefined : url.replace(/^file:\/\/(?=\/)/, '')
  const local = folder?.startsWith('/') === true && existsSync(folder)
  const checkedOut = local ? await deps.git.checkedOut(folder, signal) : []
  refuseBranch({ request, task, seen, defaultBranch, checkedOut })
}

const cloneOf = async (
  input: Input,
  url: string,
  uncommitted: readonly string[],
  resolved: Resolved,
): Promise<Extract<Facts['source'], { kind: 'clone' }>> => {
  const { deps, request } = input
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
    mirrorExists: existsSync(join(mirror, 'HEAD')),
    // A review that compares with a task's branch wants that one as it is now.
    ...(seen && { seen: { digest: request.reviewBase?.startsWith('berth/') ? '' : seen.digest, head: seen.head } }),
    uncommitted,
    ...(pr && { pr }),
  }
}

/** Mostly the folder is the repository itself: what it has is asked while its state is read. */
const askAhead = (input: Input, folder: string) => {
  if (input.request.source !== 'clone') return undefined
  if (!existsSync(join(folder, '.git')) && !existsSync(join(folder, 'HEAD'))) return undefined
  const asked = resolveRef(input, folder)
  asked.catch(() => {})
  return asked
}

const localSource = async (input: Input, path: string): Promise<Facts['source']> => {
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

/** What the request names. */
const parsedSource = ({ deps, request, caller }: Input): Source =>
  parseSource(request.repo, { home: caller.env['HOME'], host: deps.forges.host })

type ObservedSource = { readonly source: Facts['source']; readonly notices: readonly string[] }

/** A mounted `.git` that is a file names a folder of this machine, which the sandbox does not have. */
const noticesOf = ({ isolation }: TaskRequest, source: Facts['source']): readonly string[] =>
  isolation === 'container' && source.kind === 'mount' && isLinked(source.folder)
    ? [
        `git does not work in the sandbox: the repository of ${source.folder} lies elsewhere; --source clone takes it along`,
      ]
    : []

const observeSource = async (input: Input): Promise<ObservedSource> => {
  const { deps, request, caller, signal } = input
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
  const asked = { deps, request, call: { callerEnv: caller.env, signal } }
  const { url, branch, forge, notices } = await askForge(asked, parsed)
  const source = await cloneOf(input, url, [], await resolveRef(input, url, branch))
  return { source: { ...source, ...(forge && { forge }) }, notices }
}

const LOCAL_URL = /^file:\/\/(?:localhost)?(?=\/)/i

/** What the repository says of itself, read where its commit is: in the user's own repository, or in the mirror. */
const observeProject = async (input: Input, source: Facts['source']): Promise<Facts['project']> => {
  if (source.kind === 'none') return { locks: [], deny: [], allow: [] }
  if (source.kind !== 'clone') return readFolder(source.folder)
  const folder = source.url.replace(LOCAL_URL, '')
  const repository = folder.startsWith('/') ? folder : source.mirror
  if (!folder.startsWith('/') && !source.mirrorExists) return undefined
  return await readProject(input.deps.git, { repository, commit: source.sha, signal: input.signal })
}

/** Who the commits are by; nobody is asked where none are made. */
const identityOf = async (input: Input) => {
  const { deps, request, caller, signal } = input
  if (request.repo === undefined || request.source !== 'clone') return undefined
  const parsed = parsedSource(input)
  const folder = parsed.kind === 'local' ? realFolder(resolve(caller.cwd, parsed.path)) : caller.cwd
  return await deps.git.identity(folder, caller.env, signal)
}

const passedEnv = ({ request, given, caller }: Input) => {
  const env: Record<string, string> = {}
  const notices: string[] = []
  for (const name of request.envFrom) {
    const value = given[name] ?? caller.env[name]
    if (value === undefined) notices.push(`--env ${name}: this shell does not set it, so the agent does not get it`)
    else env[name] = value
  }
  return { env, notices }
}

const checkBaseUrl = (baseUrl: string | undefined) => {
  if (baseUrl === undefined) return
  const url = URL.parse(baseUrl)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new BerthError('bad-request', `--base-url ${baseUrl}: not an http or https URL`)
  if (url.username !== '' || url.password !== '')
    throw new BerthError(
      'url-with-password',
      '--base-url has a user name or a password; Berth reads the key from the environment',
    )
}

const checkVolumes = (request: TaskRequest) => {
  for (const { source } of request.volumes)
    if (!existsSync(source))
      throw new BerthError('bad-volume', `--volume ${source}: there is no such file or folder on this machine`)
}

/** Looks at everything a plan depends on, side by side; throws the first thing that would stop the task. */
export const observe = async (input: Input): Promise<Observed> => {
  const { deps, request, caller, task, base } = input
  checkBaseUrl(request.baseUrl)
  checkVolumes(request)
  const hardening = await readHardening(request)
  const key = await chooseKey({ ...input, callerEnv: caller.env })
  const passed = passedEnv(input)
  const sourceKnown = observeSource(input)
  const call = { callerEnv: caller.env, signal: input.signal }
  const [{ source, notices }, project, identity, place] = await Promise.all([
    sourceKnown,
    sourceKnown.then((found) => observeProject(input, found.source)),
    identityOf(input),
    observePlace(input),
    sourceKnown.then((found) => checkInside(deps, request, found.source, call)),
  ])
  const facts: Facts = {
    task,
    ...place.facts,
    caller: { uid: caller.uid, gid: caller.gid },
    identity:
      identity === undefined
        ? { name: 'Berth', email: 'berth@localhost', fallback: source.kind === 'clone' }
        : { ...identity, fallback: false },
    source,
    project,
    ...forgeInside(deps, request, source),
    folders: newTaskFolders(deps.installation.folders, task, base),
    ...key.facts,
    home: caller.env['HOME'] ?? null,
    hardening: { ...hardening, ...place.hardening },
  }
  return {
    facts,
    engine: place.engine,
    key: key.value,
    env: passed.env,
    notices: [...passed.notices, ...notices, ...place.notices],
  }
}
