import type { CallerEnv } from '../git/git.ts'

/** Who asks a forge. A token of the settings is found in the caller's environment; an App needs nothing of it. */
export type ForgeCall = { readonly callerEnv: CallerEnv; readonly signal: AbortSignal }

/** What a token may do in its one repository. */
export type ForgePermissions = {
  readonly contents: 'read' | 'write'
  readonly pullRequests?: 'read' | 'write'
  /** What tells whether a commit is good. */
  readonly checks?: 'read'
  /** Change the files of the forge's own CI. */
  readonly workflows?: 'write'
}

/** A token for one repository. It stands in no message, journal or log. */
export type ForgeToken = {
  readonly value: string
  /** The user name that git sends with it. */
  readonly user: string
  /** ISO 8601, as the forge says it; null: the forge does not say. */
  readonly expiresAt: string | null
  /** When to ask for another one, ISO 8601 by this machine's clock; null: never. */
  readonly refreshAt: string | null
}

/** A repository as the forge has it now. */
export type ForgeRepository = {
  /** OWNER/NAME; another one than asked for where it was renamed. */
  readonly name: string
  readonly defaultBranch: string | null
  /** Nobody can push to it. */
  readonly archived: boolean
}

export type PullRequest = {
  readonly number: number
  /** Its page. */
  readonly url: string
  readonly state: 'open' | 'draft' | 'merged' | 'closed'
  readonly title: string
  readonly body: string
  /** Short names of branches. */
  readonly head: string
  readonly base: string
  /** The newest commit; of one that is closed or merged, the last one that it had. */
  readonly sha: string
}

/** What others say of a pull request. */
export type PullRequestStatus = PullRequest & {
  /** The worst of those of its newest commit; unknown: the credentials may not read them. */
  readonly checks: 'none' | 'pending' | 'passed' | 'failed' | 'unknown'
  /** The newest review of each reviewer. */
  readonly reviews: { readonly approved: number; readonly changesRequested: number }
}

/** Pull requests of one forge. All calls reject with the errors of `Forge`. */
export interface PullRequests {
  /** All from this branch of the repository, of any state, the newest first. */
  find(asked: { readonly repository: string; readonly head: string }, call: ForgeCall): Promise<readonly PullRequest[]>
  create(
    asked: {
      readonly repository: string
      readonly head: string
      readonly base: string
      readonly title: string
      readonly body: string
      readonly draft: boolean
    },
    call: ForgeCall,
  ): Promise<PullRequest>
  /**
   * Adds labels, and asks for reviews. Idempotent; what is there already stays. Resolves to what the forge did not take,
   * each with its reason.
   */
  decorate(
    asked: {
      readonly repository: string
      readonly number: number
      readonly labels: readonly string[]
      /** Logins of people, or ORG/TEAM. */
      readonly reviewers: readonly string[]
    },
    call: ForgeCall,
  ): Promise<readonly string[]>
  update(
    asked: { readonly repository: string; readonly number: number; readonly body: string },
    call: ForgeCall,
  ): Promise<PullRequest>
  status(asked: { readonly repository: string; readonly number: number }, call: ForgeCall): Promise<PullRequestStatus>
}

/** Who Berth is at a forge. */
export type ForgeIdentity = {
  /** The App's name in URLs, or a person's login; null where the token is nobody's. */
  readonly name: string | null
  /** Milliseconds that this machine's clock is ahead of the forge's; null where the forge does not say. */
  readonly clockAhead: number | null
  /** Sentences on why tasks may be refused all the same. */
  readonly warnings?: readonly string[]
}

/**
 * Commits that a forge makes itself: it is their author, and signs them. All calls reject with the errors of `Forge`.
 */
export interface ForgeCommits {
  /** Makes a commit; the repository has its tree and parents. Rejects with cannot-sign where it is not signed. */
  create(
    asked: {
      readonly repository: string
      readonly tree: string
      readonly parents: readonly string[]
      readonly message: string
    },
    call: ForgeCall,
  ): Promise<string>
  /** Points a ref that is there, like refs/berth/NAME, to a commit that the forge has. */
  pointRef(
    asked: { readonly repository: string; readonly ref: string; readonly sha: string },
    call: ForgeCall,
  ): Promise<void>
  /** Idempotent. */
  removeRef(asked: { readonly repository: string; readonly ref: string }, call: ForgeCall): Promise<void>
}

/**
 * A forge with credentials of Berth's own: an App, or a token of the settings. Rejects with BerthError forge-unreachable,
 * forge-rate-limit, forge-refused (its own words), and for the credentials app-key, app-unknown, app-clock,
 * app-not-installed, app-suspended, app-permission, forge-denied.
 */
export interface Forge {
  /** `github`. */
  readonly id: string
  /** HOST[:PORT] of its git URLs. */
  readonly host: string
  /** Its tokens are for one repository with the permissions that were asked for, or a person's with all that it may do. */
  readonly tokens: 'scoped' | 'personal'
  /** OWNER/NAME of a URL of any transport on this host; undefined for any other. */
  repositoryOf(url: string): string | undefined
  /** What opens this repository and its API to an agent, in the words of network rules. */
  targets(repository: string): readonly string[]
  /** Who Berth is there, which shows that the credentials are good. */
  whoAmI(call: ForgeCall): Promise<ForgeIdentity>
  /** Refuses credentials that cannot do this, with a try. Sentences on what is unsafe about them. */
  check(
    asked: { readonly repository: string; readonly permissions: ForgePermissions },
    call: ForgeCall,
  ): Promise<readonly string[]>
  repository(name: string, call: ForgeCall): Promise<ForgeRepository>
  /**
   * From memory while it lives long enough; of many at once one asks the forge. `refused`: the value that the forge did not
   * take, so that another one is asked for.
   */
  token(
    asked: { readonly repository: string; readonly permissions: ForgePermissions; readonly refused?: string },
    call: ForgeCall,
  ): Promise<ForgeToken>
  readonly pullRequests: PullRequests
  /** Absent: the forge signs no commit for these credentials. */
  readonly commits?: ForgeCommits
}

/** The forges that Berth has credentials for. */
export interface Forges {
  /**
   * The forge of a git URL; undefined where it is another host's, or where neither an App nor a token is set: then git has
   * the caller's own credentials. Throws config-invalid where what is set does not fit together.
   */
  of(url: string): Forge | undefined
  /** HOST[:PORT] where `owner/name` lives. */
  readonly host: string
}
