import type { ContainerSpec } from '../domain/container-spec.ts'
import type { EngineKind } from '../domain/engine-kind.ts'
import type { ModelAccess } from '../domain/model-access.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import type { Person } from '../domain/person.ts'
import type { Policy } from '../domain/policy.ts'
import type { Signing } from '../domain/signing.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { ForgePermissions } from '../forges/forge.ts'
import type { PlannedFile } from './plan-files.ts'
import type { Step } from './step.ts'

/** Where a pull request goes, and how it is opened. */
export type PullRequestOrder = {
  /** OWNER/NAME on the forge of the URL that is pushed to. */
  readonly repository: string
  readonly base: string
  readonly draft: boolean
  readonly labels: readonly string[]
  readonly reviewers: readonly string[]
}

/** How the work leaves the sandbox when the turn is done. */
export type Delivery =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'push'
      readonly url: string
      readonly branch: string
      readonly mode: 'lease' | 'fast-forward'
      readonly expected: string | null
      /** How often a fast-forward that lost a race is rebased and tried again; 3 in plans of an older version. */
      readonly retries?: number
      /** What to open for the pushed branch. */
      readonly pr?: PullRequestOrder
    }
  | { readonly kind: 'keep' }
  | { readonly kind: 'patch' }

/** What the commits get before they are pushed, by making them again. */
export type Amendment = { readonly coAuthors: readonly Person[]; readonly sign: Signing | null }

/** `folder` has the files of commit `sha`, as one user of containers owns them, in `tree`, and git's index of them. */
export type SharedTree = { readonly sha: string; readonly folder: string }

/** `base`: the URL that relative ones count from; null: the repository is on no host. */
export type SubmoduleSource = { readonly rule: 'own-host' | 'all'; readonly base: string | null }

/** HOST[:PORT] of a forge that Berth has credentials for, and OWNER/NAME there. */
export type ForgeSource = { readonly host: string; readonly repository: string }

/** A token of a forge that a container gets, by what it is for. */
export type TokenInside = ForgeSource & {
  readonly permissions: ForgePermissions
  /** It is a person's own, with all that it may do. */
  readonly personal?: true
}

/** A repository that the task works on in a clone. */
export type PlannedClone = {
  readonly kind: 'clone'
  readonly url: string
  readonly ref: string | null
  readonly sha: string
  readonly branch: string
  readonly mirror: string
  /** Git reaches it with credentials of Berth's own. */
  readonly forge?: ForgeSource
  /** Which submodules the work tree has; absent: none. */
  readonly submodules?: SubmoduleSource
  /** What the remote had at the start, which the mirror is brought up to. */
  readonly seen?: { readonly digest: string; readonly head: string | null }
  /** The workspace is an overlay on it. */
  readonly tree?: SharedTree
  /** Its folder in the work folder; set if the task has several. */
  readonly folder?: string
  /** The host brings and takes the contents of its files of Git LFS. */
  readonly lfs?: true
}

/** A repository beside the main one: `publish` is the folder in which its work is checked. */
export type FurtherRepository = {
  readonly source: PlannedClone & { readonly folder: string }
  readonly delivery: Delivery
  readonly publish: string
}

/**
 * One turn, decided: plain JSON without a secret, stored with the task. `launch` carries it out and decides nothing.
 */
export type Plan = {
  readonly version: 1
  readonly task: string
  readonly turn: number
  readonly attempt: number
  readonly provider: string
  /** The agent session that this turn continues. */
  readonly resume: string | null
  readonly engine: { readonly kind: EngineKind; readonly endpoint: string; readonly logDriver: string }
  readonly image: { readonly reference: string; readonly digest: string | null }
  /** Missing in plans of a Berth that knew no other: container. */
  readonly isolation?: 'container' | 'host'
  /** The tier that the container has; plans of older versions and of the host have none. */
  readonly policy?: Policy
  readonly container: ContainerSpec
  /** A file of this machine, which the launch copies to the source of the mount for the time zone. */
  readonly zoneFile?: string
  /** How long the container stays warm after the turn. */
  readonly keepAliveMs?: number
  /** Set for a warm container: the idle frame that the order answers, and times in ms. */
  readonly kept?: { readonly after: number; readonly since: number; readonly until: number }
  /**
   * Set for a pre-started container: until when its worker takes an order, in ms. 0: the container does not equal the
   * plan.
   */
  readonly pooled?: { readonly until: number }
  /** Set where the engine had begun with the container before the plan was whole. */
  readonly early?: true
  readonly order: WorkOrder
  readonly folders: {
    readonly task: string
    readonly workspace: string
    readonly home: string
    readonly exchange: string
    readonly socket: string
    readonly publish: string
    /** The user named the workspace's folder; `reused`: an ended task left it. */
    readonly named?: { readonly reused: boolean }
    /** The kernel's own folder, if the workspace is an overlay on a shared tree. */
    readonly layer?: string
  }
  /** uid and gid the three mounted folders are given to; null: they are the caller's already. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
  readonly source:
    | { readonly kind: 'none' }
    | PlannedClone
    | { readonly kind: 'copy' | 'mount'; readonly folder: string }
  readonly delivery: Delivery
  /** The repositories beside the main one, which is `source`; absent: none. */
  readonly further?: readonly FurtherRepository[]
  /** Absent: the commits are pushed as they are. */
  readonly amendment?: Amendment
  /** `key`: where the model's key comes from, as `SCHEME:NAME`; null: no key is set. */
  readonly model: (ModelAccess & { readonly key: string | null }) | null
  /** The login whose token is the key: its name, and its LoginService. Absent: the model has a key, or none. */
  readonly login?: { readonly name: string; readonly service: string }
  /** The login's credential file goes into the container, to this path below home, and is taken back. */
  readonly inside?: { readonly path: string }
  /** The path of the private key that git outside uses for ssh, and nothing else of the caller's. */
  readonly sshKey?: string
  /** A copy of that key is in the container while a turn runs. */
  readonly sshKeyInside?: true
  /** A token of the forge is in the container, and a daemon on the host keeps it fresh. */
  readonly tokenInside?: TokenInside
  /**
   * What a sandboxed task may reach beside its model. Null: Berth applies no rules, for another policy or on the host.
   * Plans of older versions have none.
   */
  readonly network?: {
    readonly rules: readonly NetworkRule[]
    /** The repository's own file was not there to be read when Berth planned: the launch reads it. */
    readonly unread?: true
  } | null
  /** Files that go with the prompt; not in plans of older versions. */
  readonly files?: readonly PlannedFile[]
  /** Files of the task's folder that a fork begins with. */
  readonly fork?: { readonly work: boolean; readonly session: boolean }
  /** The turn reviews what a branch changes since `base`, and delivers only text. */
  readonly review?: { readonly base: string }
  /** The schema that the agent's last message must fit, and how often Berth asks again; absent: any message is fine. */
  readonly result?: { readonly schema: Readonly<Record<string, unknown>>; readonly tries: number }
  readonly envFrom: readonly string[]
  /** Retries of a turn that ended on a rate limit or network error. Plans of older versions have none. */
  readonly retry?: {
    readonly retries: number
    readonly delayMs: number
    readonly rateLimit: 'wait' | 'fail'
  }
  readonly steps: readonly Step[]
  readonly warnings: readonly string[]
}
