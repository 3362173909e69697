import type { ContainerSpec } from '../domain/container-spec.ts'
import type { EngineKind } from '../domain/engine-kind.ts'
import type { Project } from '../domain/network/project.ts'
import type { ForkPoint } from '../domain/task.ts'
import type { TurnFile } from '../domain/turn-file.ts'
import type { EngineInfo } from '../engines/engine.ts'
import type { ForgeSource, Plan, PullRequestOrder, SharedTree, SubmoduleSource } from './plan.ts'

/** This machine, as a task on it uses it: every path is the machine's own. */
export type HostFacts = {
  readonly node: string
  /** The worker's program. */
  readonly worker: string
  /**
   * An init that takes in orphans, so that none of the agent's processes is lost sight of; null where there is none.
   */
  readonly init: string | null
  readonly git: string
  readonly gitExec: string
  /** Folder of the agent's CLI. */
  readonly bin: string
  /** The caller's PATH, name and language. */
  readonly path: string
  readonly user: string
  readonly lang: string
  /** Random: what a request to the forwarder's port must carry. */
  readonly placeholder: string
}

/** A repository that the task gets a clone of. */
export type CloneSource = {
  readonly kind: 'clone'
  readonly url: string
  readonly ref: string | null
  readonly sha: string
  readonly branch: string | null
  readonly mirror: string
  readonly mirrorExists: boolean
  /** Git reaches it with credentials of Berth's own. */
  readonly forge?: ForgeSource
  /** Which submodules the work tree has; absent: none. */
  readonly submodules?: SubmoduleSource
  /** What the remote had at the start; a later turn asks for nothing. */
  readonly seen?: { readonly digest: string; readonly head: string | null }
  /** The shared tree that the task's workspace is already an overlay on. */
  readonly tree?: SharedTree
  readonly uncommitted: readonly string[]
  /** Where the pull request goes; absent: none is asked for. */
  readonly pr?: Pick<PullRequestOrder, 'repository' | 'base'>
  /** Its folder in the work folder; set if the task has several. */
  readonly folder?: string
}

/** The facts that Berth found before planning: plain values, no secret. */
export type Facts = {
  /** Set for a task without a container; null: it has a container. */
  readonly host: HostFacts | null
  readonly task: string
  readonly engine: { readonly kind: EngineKind; readonly endpoint: string; readonly info: EngineInfo }
  readonly image: {
    readonly reference: string
    readonly digest: string | null
    readonly path: string | null
    /** Nobody but the image's own user may write into its /tmp, or it has none. */
    readonly noTemporary?: true
  }
  readonly toolbox: { readonly path: string; readonly hash: string; readonly cli: string | null }
  readonly caller: { readonly uid: number; readonly gid: number }
  readonly identity: { readonly name: string; readonly email: string; readonly fallback: boolean }
  readonly source:
    | { readonly kind: 'none' }
    | CloneSource
    | {
        readonly kind: 'copy'
        readonly folder: string
        readonly hasGit: boolean
        /** The workspace has the files already. */
        readonly copied?: true
      }
    | {
        readonly kind: 'mount'
        readonly folder: string
        readonly hasGit: boolean
        readonly owner: { readonly uid: number; readonly gid: number }
      }
  /** The repositories beside the main one, which is `source`. */
  readonly further?: readonly (CloneSource & { readonly folder: string })[]
  /** What the repository says of itself; undefined: nothing that Berth has here holds its commit yet. */
  readonly project: Project | undefined
  /** The forge that a token in the container is for. */
  readonly forgeInside?: {
    readonly host: string
    readonly repository: string
    /** As `Forge` has it. */
    readonly tokens: 'scoped' | 'personal'
    /** Rules that open it, in the words of users. */
    readonly targets: readonly string[]
  }
  /** `work` is the folder of the workspace; `named`: the workspace itself, if the user named it. */
  readonly folders: {
    readonly task: string
    readonly socket: string
    readonly work: string
    readonly named?: { readonly path: string; readonly reused: boolean }
  }
  readonly key: { readonly reference: string; readonly present: boolean } | null
  /** The login in place of a key, which is named in `key`. It may be missing: then the turn waits for it. */
  readonly login?: NonNullable<Plan['login']> & {
    /** Id of the account, for a CLI that speaks to its service by the service's own address. */
    readonly account?: string
  }
  readonly home: string | null
  /** What Berth read of the files that the task's hardening and time zone name. */
  readonly hardening?: {
    /** `open`: it lets pass each call that it does not name. */
    readonly seccomp?: NonNullable<ContainerSpec['ownSeccomp']> & { readonly open: boolean }
    /** The name of the AppArmor profile. */
    readonly apparmor?: string
    /** The file of the time zone; null: there is none here. */
    readonly zoneFile?: string | null
  }
}

/** The state that a turn after the first continues from. */
export type Continuation = {
  readonly turn: number
  readonly attempt: number
  readonly resume: string | null
  /** The agent's session has not heard what earlier turns were asked. */
  readonly unheard?: boolean
  readonly expected: string | null
  /** The same for each of the further repositories, in their order. */
  readonly furtherExpected?: readonly (string | null)[]
  /** What was sent with the turn's prompt. */
  readonly files: readonly TurnFile[]
  /** Time that the task's turns took before. */
  readonly activeMs: number
  readonly kept?: WarmContainer
  /** Where a fork begins, until an agent has taken it up. */
  readonly fork?: ForkPoint
}

/** The warm container that waits for an order, with the plan of its last turn. */
export type WarmContainer = { readonly plan: Plan; readonly kept: NonNullable<Plan['kept']> }
