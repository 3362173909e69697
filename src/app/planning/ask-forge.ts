import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { Source } from '../../domain/source.ts'
import type { Forge, ForgeCall, ForgeRepository } from '../../forges/forge.ts'
import type { ForgeSource } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { refuseUrl } from './allowed-places.ts'
import { forgeOf } from './forge-of.ts'

type UrlSource = Extract<Source, { kind: 'url' }>

/** A repository at a URL, as its forge has it where Berth has credentials for that one. */
type AtForge = {
  /** With the name that it has now. */
  readonly url: string
  /** What to start from where nobody named a branch; undefined: the remote's HEAD. */
  readonly branch?: string
  readonly forge?: ForgeSource
  readonly notices: readonly string[]
}

type Input = {
  readonly deps: Pick<Deps, 'config' | 'forges'>
  readonly request: Pick<TaskRequest, 'branch' | 'mode' | 'push' | 'ref' | 'repo'>
  readonly call: ForgeCall
  /** It is not the main repository, which has the flags. */
  readonly isFurther?: boolean
}

const isNamed = ({ branch, ref }: Input['request']): boolean => branch !== undefined || ref !== undefined

/** The work is to go to the remote when a turn is done. */
const isPushed = ({ push, mode }: Input['request']): boolean => push !== 'none' && mode !== 'review'

const NAME_IT =
  'Name a branch with --branch, or a ref with --ref. With default-branch = true in [github] of the config file, Berth asks GitHub.'

const NAME_FURTHER =
  'Write its URL for its default branch. In a manifest or the library, name the branch: { repo = "owner/name", branch = "main" }.'

/** Refuses `owner/name` where nobody says what to start from, and nobody is to look it up. */
const refuseNoBranch = (
  { deps, request, isFurther }: Input,
  { shorthand }: UrlSource,
  forge: Forge | undefined,
): void => {
  if (!shorthand || isNamed(request)) return
  const isLookedUp = deps.config.settings().github.defaultBranch
  if (isLookedUp && forge !== undefined) return
  const why = isLookedUp ? ', as github.default-branch needs credentials: an App or a token in [github]' : ''
  const needed = isFurther ? 'a branch of its own' : 'a --branch'
  throw new BerthError('bad-request', `--repo ${request.repo}: owner/name needs ${needed}${why}`, {
    hint: isFurther ? NAME_FURTHER : NAME_IT,
  })
}

const archivedWords = ({ name }: ForgeRepository, { host }: Forge) =>
  `${name} is archived on ${host}, so nobody can push to it`

/** What is to be known of a repository. Throws for one that nobody can push to, if the task is to. */
const noticesOf = (input: Input, asked: string, found: ForgeRepository, forge: Forge): readonly string[] => {
  const { name, archived } = found
  if (archived && isPushed(input.request)) throw new BerthError('repository-archived', archivedWords(found, forge))
  return [
    ...(isSame(name, asked) ? [] : [`${asked} is called ${name} now, and the task uses that name`]),
    ...(archived ? [archivedWords(found, forge)] : []),
  ]
}

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/**
 * Asks the forge for a repository that Berth has credentials for: its name and default branch as they are now, whether it
 * is archived, and whether the credentials can do what the task is to do. Without such credentials nobody is asked, and
 * git has those of the caller. Throws the errors of `Forge`, repository-archived, bad-request for `owner/name` without a
 * branch, repository-not-allowed for a new name that `allowed-repositories` does not list.
 */
export const askForge = async (input: Input, source: UrlSource): Promise<AtForge> => {
  const { deps, request, call } = input
  const there = source.transport === 'https' ? forgeOf(deps, source.url) : undefined
  refuseNoBranch(input, source, there?.forge)
  if (there === undefined) return { url: source.url, notices: [] }
  const { forge, repository: asked } = there
  const found = await forge.repository(asked, call)
  const url = isSame(found.name, asked) ? source.url : `https://${forge.host}/${found.name}.git`
  refuseUrl(deps.config.settings(), url)
  const notices = noticesOf(input, asked, found, forge)
  const permissions = { contents: isPushed(request) ? 'write' : 'read' } as const
  const unsafe = await forge.check({ repository: found.name, permissions }, call)
  return {
    url,
    ...(source.shorthand && !isNamed(request) && found.defaultBranch !== null && { branch: found.defaultBranch }),
    forge: { host: forge.host, repository: found.name },
    notices: [...notices, ...unsafe],
  }
}
