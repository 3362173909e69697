import type { Changes } from '../domain/changes.ts'
import type { CommitLine } from '../domain/event.ts'
import type { LfsPointer } from '../domain/lfs-pointer.ts'
import type { OtherWork } from '../domain/other-work.ts'
import type { Person } from '../domain/person.ts'

/** The caller's environment as far as git needs it: HOME, PATH, SSH_AUTH_SOCK, GIT_*, credential helpers' variables. Never stored. */
export type CallerEnv = Readonly<Record<string, string>>

/** Hears of each token that git is about to use: its value is to be masked, the rest to be told. */
export type OnToken = (token: {
  readonly value: string
  /** ISO 8601; null: the forge does not say. */
  readonly expiresAt: string | null
  /** OWNER/NAME. */
  readonly repository: string
  readonly permissions: { readonly contents: 'read' | 'write'; readonly workflows?: 'write' }
}) => void

export type ResolvedRef = {
  readonly sha: string
  /** refs/heads/main, refs/tags/v1, or null for a bare commit. */
  readonly ref: string | null
  /** Short branch name, null for a tag or commit. */
  readonly branch: string | null
  readonly defaultBranch: string | null
}

export type PushResult =
  | { readonly ok: true; readonly sha: string }
  | {
      /**
       * rejected: protected, or moved where it may not be; raced: a branch that is only fast-forwarded has moved, `theirs`
       * is its commit now; denied: credentials; unreachable: no answer.
       */
      readonly ok: false
      readonly kind: 'rejected' | 'denied' | 'unreachable'
      readonly reason: string
      /** Berth's own credentials were there: those of a caller would change nothing. */
      readonly own?: true
    }
  | { readonly ok: false; readonly kind: 'raced'; readonly reason: string; readonly theirs: string }

/** A submodule of a commit: its folder, its name and its URL as `.gitmodules` has them, and its commit. */
export type Submodule = {
  readonly path: string
  readonly name: string
  readonly url: string
  readonly sha: string
}

export type Submodules = {
  readonly modules: readonly Submodule[]
  readonly left: readonly { readonly path: string; readonly why: string }[]
}

/** What a remote had when it was asked. */
export type SeenRefs = {
  /** Names of its branches. */
  readonly heads: readonly string[]
  /** One name for all its branches and tags, and what they point to; branches of tasks count for nothing. */
  readonly digest: string
  /** What its HEAD names, as refs/heads/NAME. */
  readonly head: string | null
}

/** Which of two commits has the other in its history. */
export type Relation = 'same' | 'ahead' | 'behind' | 'diverged'

/** A key of this machine that signs commits, and the environment of who asked for it. `ssh`: the private key itself. */
export type Signer = { readonly kind: 'ssh' | 'gpg'; readonly key: string; readonly callerEnv: CallerEnv }

/** A commit to be made by a forge. The forge is its author; `message` names the one who was. */
export type AskedCommit = {
  readonly tree: string
  readonly parents: readonly string[]
  readonly message: string
}

/** A forge that makes commits, and signs them. */
export type ForgeSigner = {
  readonly kind: 'forge'
  /** Gives it the objects of this commit, before the first is made. */
  readonly give: (head: string) => Promise<void>
  /** Makes one; its parents were made before. */
  readonly make: (commit: AskedCommit) => Promise<string>
  /** Brings the commits up to this one into the publish repository. */
  readonly bring: (head: string) => Promise<void>
}

/**
 * Host git on the safe side of the border: none of these ever runs in a folder an agent could write (settled decision 14).
 * Every call ends by itself (a question to a remote in 10 s, a push in 15 min, a fetch in 2 h). An abort kills git and
 * rejects with the signal's reason; what it interrupted can be done again. Messages hold git's own words without
 * credentials. BerthError git-missing from all. For an https URL of a forge that Berth has credentials of its own for, git
 * uses these and nothing of the caller's; then what asks a remote rejects with the errors of `Forge`, too. With `sshKey`,
 * the path of a private key, git uses that key alone where it talks by ssh; then what asks a remote rejects with
 * bad-ssh-key and ssh-key-locked, too.
 */
export interface Git {
  /** Asks the remote (limit 10 s): what `ref` (branch, tag, commit, or null for the remote's HEAD) is. BerthError repository-unreachable, repository-unreadable, ref-not-found. An empty repository resolves to sha ''. `seen` hears of all that the remote has. */
  resolve(
    url: string,
    ref: string | null,
    callerEnv: CallerEnv,
    signal?: AbortSignal,
    how?: {
      readonly seen?: (refs: SeenRefs) => void
      readonly onToken?: OnToken
      readonly sshKey?: string
    },
  ): Promise<ResolvedRef>
  /** Branches that a folder's repository has checked out, in any of its work trees. */
  checkedOut(folder: string, signal?: AbortSignal): Promise<readonly string[]>
  /** A local repository's toplevel, HEAD, branch and uncommitted files (read with hooks, fsmonitor and filters off). Undefined: no repository. */
  local(
    folder: string,
    signal?: AbortSignal,
  ): Promise<
    | {
        readonly toplevel: string
        readonly head: string | null
        readonly branch: string | null
        readonly uncommitted: readonly string[]
      }
    | undefined
  >
  /**
   * The names in the top folder of a commit, and the text of its `file` where that is a regular one; `bytes` where it is
   * larger than `maxBytes`. Undefined: the repository (a mirror, or a user's) does not hold the commit.
   */
  top(input: {
    readonly repository: string
    readonly commit: string
    readonly file: string
    readonly maxBytes: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly names: readonly string[]; readonly text: string | null; readonly bytes?: number } | undefined>
  /** user.name and user.email as the caller's git has them (with conditional includes). */
  identity(
    folder: string | null,
    callerEnv: CallerEnv,
    signal?: AbortSignal,
  ): Promise<{ readonly name: string; readonly email: string } | undefined>
  /**
   * Makes an empty mirror at this path where there is none, at once: a container can mount the folder before `mirror` fills
   * it. Nobody takes an empty one for whole. sha '': not known yet.
   */
  emptyMirror(path: string, sha: string): void
  /** Something was fetched into this mirror. */
  isFilled(path: string): boolean
  /** Removes a mirror into which nothing was fetched; `unused` is asked under its lock. */
  dropEmpty(path: string, unused: () => boolean): Promise<void>
  /**
   * Makes sure that the bare mirror of `url` below `mirrorsDir` holds `sha`: under the mirror's lock, heads and tags
   * only, no network when it is there already and the mirror has what the remote was `seen` to have. Where it is there and
   * the rest cannot be fetched, `stale` says why. Pins it by `refs/berth/base/<pin>`. Returns the mirror's path, which
   * `mirrorPath` knows beforehand. sha '': an empty mirror. A shallow or partial clone of this machine gets what it lacks
   * from the remote that it was cloned from, into the mirror; `filled` says so, and the clone stays as it is. BerthError
   * repository-unreachable, ref-not-found (the remote does not give this commit), bad-repository (a shallow or partial
   * clone whose remote does not give the rest), disk-full.
   */
  mirror(input: {
    readonly mirrorsDir: string
    readonly url: string
    readonly sha: string
    readonly pin: string
    readonly callerEnv: CallerEnv
    readonly seen?: { readonly digest: string; readonly head: string | null }
    readonly onProgress?: (line: string) => void
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<{
    readonly path: string
    readonly fetched: boolean
    readonly stale?: string
    readonly filled?: { readonly kind: 'shallow clone' | 'partial clone'; readonly from: string }
  }>
  /**
   * Brings the objects of Git LFS that the files of `sha` name into the mirror, from the LFS API of `url` or, for a folder
   * of this machine, from the repository there. `left`: the files whose contents did not come, and why; it never rejects
   * for them. Path '': Berth could not look for such files at all.
   */
  bringLfs(input: {
    readonly mirror: string
    readonly url: string
    readonly sha: string
    readonly callerEnv: CallerEnv
    readonly onProgress?: (line: string) => void
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<{
    /** How many objects the files name. */
    readonly objects: number
    readonly left: readonly { readonly path: string; readonly why: string }[]
  }>
  /**
   * Takes the objects of Git LFS that the commits of `heads` name, and `base` and the mirror have not, into the publish
   * repository. `take` copies one to a file and resolves to its bytes, or to anything else where there is none. What is not
   * its pointer's content is left out; the push says so.
   */
  takeLfs(input: {
    readonly publish: string
    readonly mirror: string
    readonly base: string
    readonly heads: readonly string[]
    readonly take: (pointer: LfsPointer, to: string) => Promise<number | string | null>
    readonly signal?: AbortSignal
  }): Promise<void>
  /** The submodules that a commit names, as its `.gitmodules` has them. `left`: those that are refused, and why. */
  submodules(input: {
    readonly repository: string
    readonly commit: string
    readonly signal?: AbortSignal
  }): Promise<Submodules>
  /** The URL of the remote `origin` of a folder's repository. */
  origin(folder: string, signal?: AbortSignal): Promise<string | null>
  /**
   * Fetches a URL that a repository names, and no person, into a mirror of its own, and brings the mirror's objects,
   * branches and tags into a bare repository below `into`, by hard links where it can. What is there stays, and nothing
   * that happens to the mirror later changes it. Returns the path of the mirror, whose last part names the repository.
   * BerthError repository-not-allowed where it is not listed, and those of `resolve` and `mirror`.
   */
  bringModule(input: {
    readonly mirrorsDir: string
    readonly url: string
    readonly sha: string
    readonly pin: string
    readonly into: string
    readonly callerEnv: CallerEnv
    readonly onProgress?: (line: string) => void
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<string>
  /** Copies the taken objects that the commits of `heads` name, and `base` has not, into the folder `into`, as files `lfs-OID`. */
  copyLfs(input: {
    readonly publish: string
    readonly base: string
    readonly heads: readonly string[]
    readonly into: string
    readonly signal?: AbortSignal
  }): Promise<void>
  /** Drops the pin; idempotent. */
  unpin(mirror: string, pin: string): Promise<void>
  /** Removes a mirror under its lock, unless `unused` says no then (not-allowed). */
  dropMirror(mirror: string, unused: () => boolean): Promise<void>
  /**
   * Makes sure that `folder` has the files of commit `sha` in `tree`, as `owner` (null: the caller) would have checked
   * them out, and git's `index` of them, and pins it. All of it or nothing; who asks meanwhile waits. Of those
   * of one mirror the newest stays, and what is pinned. BerthError bad-repository, disk-full.
   */
  tree(input: {
    readonly mirror: string
    readonly sha: string
    readonly folder: string
    readonly pin: string
    readonly owner: { readonly uid: number; readonly gid: number } | null
    readonly signal?: AbortSignal
  }): Promise<void>
  /** Drops the pin, and the tree with the last one where there is a newer; idempotent. */
  unpinTree(folder: string, pin: string): Promise<void>
  /** Removes a shared tree, unless a pin that `counts` has come meanwhile (not-allowed). */
  dropTree(folder: string, counts: (pin: string) => boolean): Promise<void>
  /** Takes a bundle (a file on our side of the border) into the quarantine repository `publish` (made when missing, objects borrowed from `mirror`): fsck, refs, ancestry, size. BerthError `work-refused` with what is wrong when it is refused. */
  take(input: {
    readonly bundle: string
    readonly publish: string
    readonly mirror: string
    readonly base: string
    readonly maxBytes: number
    /** Branches and what else there was of an earlier take stay beside what this one brings. */
    readonly keepBranches?: boolean
    readonly signal?: AbortSignal
  }): Promise<{
    readonly head: string | null
    readonly wip: string | null
    readonly branches: readonly { readonly name: string; readonly sha: string }[]
    /** What it brings beside HEAD that HEAD has not in its history: branches, tags, stashes, repositories inside. */
    readonly others: readonly OtherWork[]
    /** base..head, newest first, at most 1000. */
    readonly commits: readonly CommitLine[]
    /** False: HEAD is no descendant of base. */
    readonly descends: boolean
    /** From base to the uncommitted state, or to HEAD where there is none; absent where git did not count them in time. */
    readonly changes?: Changes
    /** Files of Git LFS by .gitattributes that are committed as they are; absent where there is none. */
    readonly rawLfs?: readonly string[]
  }>
  /** Refuses a signer that cannot sign, with a try. BerthError cannot-sign. */
  trySigner(signer: Signer, signal?: AbortSignal): Promise<void>
  /**
   * Makes the commits of `head` again, in `publish`: co-authors are named, and the commits signed. Trees, authors, dates
   * and messages stay; a forge is the author itself. Commits that the mirror has on other branches,
   * those of `known` and those that were made so before are left alone. The head that was taken becomes this one. A
   * second time it gives the same. BerthError cannot-sign, and those of a forge.
   */
  amend(input: {
    readonly publish: string
    readonly mirror: string
    readonly base: string
    readonly head: string
    readonly known: readonly string[]
    /** That the mirror has this branch says nothing: an agent with a token may have pushed it. */
    readonly ownBranch: string
    readonly coAuthors: readonly Person[]
    /** Who commits what a key signs: an agent may have named anybody. */
    readonly committer: Person
    readonly signer: Signer | ForgeSigner | null
    readonly signal?: AbortSignal
  }): Promise<{
    readonly head: string
    /** base..head, newest first, at most 1000. */
    readonly commits: readonly CommitLine[]
  }>
  /** Makes these the head and the uncommitted state that were taken: who fetches the work gets them. */
  pointHead(input: { readonly publish: string; readonly head: string; readonly wip: string | null }): Promise<void>
  /** Pushes `sha` to `branch`. `lease`: replace when the remote still has `expected` (null: absent), or a part of `sha` or of `madeFrom`; else fast-forward only. After any error the remote is asked: our commit there = pushed. */
  push(input: {
    readonly publish: string
    readonly url: string
    readonly sha: string
    /** The commit that `sha` is, before it was made again. */
    readonly madeFrom?: string
    readonly branch: string
    readonly mode: 'lease' | 'fast-forward'
    readonly expected: string | null
    /** What Git LFS has of the commits since `base`, and `mirror` has not, is uploaded before. Absent: nothing is. */
    readonly lfs?: { readonly mirror: string; readonly base: string }
    readonly callerEnv: CallerEnv
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<PushResult>
  /** Pushes `sha` to a ref outside of branches and tags, whatever it names. BerthError push-failed, and those of a forge. */
  giveRef(input: {
    readonly publish: string
    readonly url: string
    readonly sha: string
    readonly ref: string
    readonly callerEnv: CallerEnv
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<void>
  /** Fetches what such a ref has; the publish repository gets no ref of it. BerthErrors of `resolve`. */
  bringRef(input: {
    readonly publish: string
    readonly url: string
    readonly ref: string
    readonly callerEnv: CallerEnv
    readonly onToken?: OnToken
    readonly sshKey?: string
    readonly signal?: AbortSignal
  }): Promise<void>
  /**
   * The files by which ssh elsewhere reaches the host of `url` with a copy of the key, by their names; `folder`: where they
   * will be. It asks no remote. BerthError bad-ssh-key, ssh-key-locked (also if an agent holds it), repository-unreachable
   * (nobody knows the host's key).
   */
  sshFiles(input: {
    readonly sshKey: string
    readonly url: string
    readonly folder: string
    readonly callerEnv: CallerEnv
    readonly signal?: AbortSignal
  }): Promise<Readonly<Record<string, string>>>
  /** How `ours` stands to `theirs`; both are there. */
  relation(input: {
    readonly repository: string
    readonly ours: string
    readonly theirs: string
    readonly signal?: AbortSignal
  }): Promise<Relation>
  /** Writes a pack of what `commits` have and `base` has not ('' for all) into the folder `into`, readable by everybody. */
  pack(input: {
    readonly publish: string
    readonly commits: readonly string[]
    readonly base: string
    readonly into: string
    readonly signal?: AbortSignal
  }): Promise<void>
  /**
   * Unified diff from a to b in `publish`, text conversion and external diff off, in bounded memory: a file of more than
   * 32 MiB is named with its size. BerthError not-allowed where the whole is too large.
   */
  diff(input: {
    readonly publish: string
    readonly from: string
    readonly to: string
    readonly stat: boolean
    /** Names of the files alone. */
    readonly names?: boolean
    /** Files and folders, from the top; none: all. */
    readonly paths?: readonly string[]
    /** False: a binary file is said and not shown. */
    readonly binary?: boolean
    /** The folder that the repository lies in: in a patch each name stands below it. */
    readonly below?: string
    readonly signal?: AbortSignal
  }): AsyncIterable<Buffer>
  /** Removes lock files a killed git left behind in a repository of ours. */
  unlock(repository: string): Promise<void>
}
