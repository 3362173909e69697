/**
 * The protocol between host and worker. The order goes in as one JSON file of the exchange folder; frames
 * come out as lines of the container's log, ASCII JSON, none longer than FRAME_BYTES (engines cut longer lines).
 */
export const PROTOCOL = 1
export const FRAME_BYTES = 8000
/** How long a worker waits for its first order. */
export const ORDER_WAIT_MS = 600_000
/** Names inside the exchange folder. */
export const ORDER_FILE = 'order.json'
/** The toolbox's copy of the C library's loader that may be run and not read; the worker is started by it. */
export const WORKER_LOADER = 'worker-loader'
/** In the toolbox: the native part of node-pty. */
export const TERMINAL_ADDON = 'lib/pty.node'
export const PROMPT_FILE = 'prompt'
export const BUNDLE_FILE = 'work.bundle'
/** The bundle of the `index`th further repository, from 1. */
export const bundleFile = (index: number): string => (index === 0 ? BUNDLE_FILE : `work-${index}.bundle`)
export const PATCH_FILE = 'work.patch'
/** Files that were sent with the prompt. */
export const FILES_FOLDER = 'files'
/** The agent's session at the end of a turn and at the beginning of a fork; the commits that a fork begins with. */
export const SESSION_FILE = 'session.tar'
export const FORK_SESSION_FILE = 'fork-session.tar'
export const FORK_OBJECTS = 'fork-objects'
/** Berth keeps no session whose files are larger than this together. */
export const SESSION_BYTES = 64 * 1024 * 1024
export const COPY_FILE = 'source.tar'
/** A credential file that the worker copied out of the home, and the most that one may have. */
export const LOGIN_FILE = 'login.json'
export const LOGIN_BYTES = 1024 * 1024
/** The order for a warm container: named after the `idle` frame that it answers, 0 for the first. */
export const orderFile = (after: number): string => (after === 0 ? ORDER_FILE : `order-${after}.json`)
/** A folder with objects that an order names and the mirror lacks. */
export const OBJECTS_FOLDER = 'brought/objects'

/** Where things are inside a container. On the host (isolation = host) an order names other paths. */
export const INSIDE = {
  work: '/work',
  home: '/home/agent',
  exchange: '/berth/exchange',
  mirror: '/berth/mirror.git',
  /** Of the repositories beside the main one: FOLDER.git. */
  mirrors: '/berth/mirrors',
  index: '/berth/index',
  modules: '/berth/modules',
  copy: '/berth/source.tar',
  toolbox: '/opt/berth',
  gateway: '/run/berth',
  secrets: '/run/secrets',
} as const
/** First word of a command line by which the worker's program gives folders to a user: `--own UID GID FOLDER...`. */
export const OWN = '--own'
/**
 * First word by which it is git's filter of Git LFS: `--lfs STORE MIRROR...`. New objects go to the folder STORE; `.`: git is
 * asked for it, `-`: they go nowhere.
 */
export const LFS = '--lfs'
/** Of a file in the exchange folder: a new object of Git LFS, by its digest. */
export const LFS_FILE = 'lfs-'
export const GATEWAY_SOCKET = 'gateway.sock'
/** The container's loopback port that leads to the gateway. */
export const FORWARD_PORT = 3128

/**
 * Worker exit codes for its own failures; the agent's own exit code is passed through otherwise (128+n for a signal).
 */
export const WORKER_FAILED = 125

export type Uncommitted = 'commit' | 'keep' | 'discard'

/** Of a side of a terminal. */
export const MOST_CELLS = 1000

/** In cells. */
export type TerminalSize = { readonly columns: number; readonly rows: number }

/** Where HEAD is, and the commit that has the files as they lie in the folder. */
export type Standing = { readonly head: string; readonly files: string }

/** A work tree that the worker clones from a mirror. */
export type CloneWorkspace = {
  readonly kind: 'clone'
  readonly mirror: string
  readonly base: string
  readonly branch: string
  readonly url: string
  /**
   * Where a fork begins: HEAD, and the uncommitted files on top. `objects`: the exchange has the objects that the
   * mirror lacks.
   */
  readonly fork?: { readonly head: string; readonly wip: string | null; readonly objects: boolean }
  /** How many commits of history the clone has; absent: all of it. */
  readonly depth?: number
  /** A folder with the repositories of submodules, and their list. */
  readonly modules?: string
  /** An ended task left its repository and its files in the work folder: the ignored ones stay. */
  readonly reused?: true
  /** The files of a commit lie in the work folder already; `index` is git's, of these files. */
  readonly tree?: { readonly sha: string; readonly index: string }
  /** The beginning of the command of git's filter of Git LFS, for a shell; absent: git has no such filter. */
  readonly lfs?: string
  /** Its folder in the work folder; set if the task has several. */
  readonly folder?: string
}

export type WorkOrder = {
  readonly protocol: typeof PROTOCOL
  readonly task: string
  readonly turn: number
  readonly attempt: number
  readonly paths: {
    readonly work: string
    readonly home: string
    readonly exchange: string
    readonly git: string
    readonly gitExec: string
  }
  readonly identity: { readonly name: string; readonly email: string }
  /** The author of the commits, where that is another one than `identity`. */
  readonly author?: { readonly name: string; readonly email: string }
  /** What the worker puts into an empty work folder. It leaves a folder with a checkout as it is. */
  readonly workspace:
    | { readonly kind: 'none' }
    | CloneWorkspace
    | { readonly kind: 'mount' }
    | { readonly kind: 'copy' }
  /** The repositories beside the main one, which is `workspace`. */
  readonly further?: readonly (CloneWorkspace & { readonly folder: string })[]
  /** The bundle's name in the exchange folder; absent: BUNDLE_FILE. */
  readonly bundle?: string
  /** More of git's configuration, with paths relative to home. The configuration of the home includes the first. */
  readonly gitFiles?: readonly { readonly path: string; readonly text: string }[]
  /** The agent's LANG and LC_ALL: where the image lacks it, the worker sets C.UTF-8 and says so. */
  readonly locale?: string
  /** Folders into which the agent is to write: the worker says so where it may not. */
  readonly writable?: readonly string[]
  /** Paths below home that outlive a turn; everything else in home is removed before the agent starts. */
  readonly keepHome: readonly string[]
  /** Where below home the agent's session lies: packed at the end; `restore`: begun with the one in the exchange. */
  readonly session?: {
    readonly paths: readonly string[]
    readonly restore: boolean
    /** A program that prints the session: it gets the time of the agent's start in ms, and its output becomes this file below home. */
    readonly print?: { readonly argv: readonly [string, ...string[]]; readonly path: string }
  }
  /** A script that runs to its end before the agent: the worker writes it to `path` below home and starts `argv`. */
  readonly startup?: { readonly argv: readonly [string, ...string[]]; readonly path: string; readonly text: string }
  /** Port 0: a free one is chosen, and stands in argv, environment and files wherever these say 127.0.0.1:0. */
  readonly forward: {
    readonly port: number
    readonly socket: string
    readonly holdMs: number
    /** The loopback is all the network there is: the port is opened without its address. */
    readonly alone?: boolean
    /** The worker connects callers outside with servers in the container, by way of the socket. */
    readonly callers?: boolean
  } | null
  readonly run: {
    readonly argv: readonly [string, ...string[]]
    readonly env: Readonly<Record<string, string>>
    readonly cwd: string
    /** File that becomes stdin; its end is the agent's end of input. Null: /dev/null. */
    readonly stdin: string | null
    /** Files written below home before the start (paths relative to home). */
    readonly files: readonly { readonly path: string; readonly text: string; readonly mode: number }[]
    /** A line of stdout that is a JSON object whose `field` has one of these values is the agent's last event. */
    readonly end: {
      readonly field: string
      readonly values: readonly (string | boolean)[]
      readonly graceMs: number
    } | null
    readonly interrupt: { readonly signal: 'SIGINT' | 'SIGTERM'; readonly graceMs: number }
    /** After the interrupt's grace: TERM to the process group, this long, then KILL to all that is left. */
    readonly termGraceMs: number
    /** The agent runs on a terminal of this size. `promptAt`: the word of argv that the prompt file's text is added to. */
    readonly terminal?: TerminalSize & { readonly term: string; readonly promptAt?: number }
  } | null
  readonly limits: {
    readonly turnMs: number
    readonly outputBytes: number
    /** Whether `turnMs` is the limit of the turn or of the task; absent: of the turn. */
    readonly turnOf?: 'task'
    /** Time without output after which the agent is ended. */
    readonly idleMs?: number
  }
  readonly finish: {
    readonly uncommitted: Uncommitted
    readonly message: string
    readonly trailer: string
  } | null
  /** How long a worker waits for a further order after a turn; absent: not at all. */
  readonly keepAliveMs?: number
  /** Instead of a turn: the worker rebases commits onto another one, in its own repository. No agent runs. */
  readonly rebase?: {
    readonly head: string
    /** Commit of the uncommitted state, on top of head or the same. */
    readonly wip: string | null
    /** The commits in this one's history stay as they are; '' for none. */
    readonly upstream: string
    readonly onto: string
  }
  /** Instead of a turn: the worker opens `forward`, answers its callers, and waits until it is ended. */
  readonly hold?: true
  /** Files below home that were put there for the agent: the worker tells whether it can read them. */
  readonly given?: readonly string[]
  /** Files below home that are copied into the exchange at the end, by these names, with no link followed. */
  readonly take?: readonly { readonly path: string; readonly file: string }[]
  /** Instead of a turn: the worker moves the work folder from one commit to another, with its uncommitted files. */
  readonly move?: { readonly from: Standing; readonly to: Standing }
}

/** The agent's stdout, its stderr, or its terminal; stdout and stderr of the startup script. */
export type OutStream = 'o' | 'e' | 't' | 'so' | 'se'

export type AgentEnd = 'exit' | 'final-event' | 'stopped' | 'turn-limit' | 'task-limit' | 'idle-limit' | 'not-started'

export type FrameBody =
  | { readonly k: 'hello'; readonly worker: string; readonly pid: number }
  | { readonly k: 'phase'; readonly phase: 'clone' | 'startup' | 'agent' | 'finish' }
  /**
   * A piece of the agent's output: `d` when it is UTF-8 text, `b` (base64) when it is not. Pieces join to the exact
   * bytes.
   */
  | { readonly k: 'out'; readonly s: OutStream; readonly d: string }
  | { readonly k: 'out'; readonly s: OutStream; readonly b: string }
  /** The terminal has this size from here on. */
  | ({ readonly k: 'size' } & TerminalSize)
  /** How much output past the order's limit the worker dropped since the last such frame. */
  | { readonly k: 'dropped'; readonly bytes: number }
  /** The startup script has ended. */
  | { readonly k: 'startup-end'; readonly code: number | null; readonly signal: string | null }
  | { readonly k: 'agent-start'; readonly pid: number }
  | {
      readonly k: 'agent-end'
      readonly code: number | null
      readonly signal: string | null
      readonly end: AgentEnd
      readonly oom: boolean
      readonly left: number
      readonly message?: string
    }
  /** `branch` is empty where HEAD is on none. */
  | {
      readonly k: 'work'
      /** The folder of the repository; absent: the main one. */
      readonly repository?: string
      readonly head: string | null
      readonly base: string
      readonly branch: string
      readonly branches: readonly string[]
      /** As many names as one frame can carry; `left` counts the uncommitted files that it could not. */
      readonly uncommitted: readonly string[]
      readonly left?: number
      readonly committed: boolean
      /** Bytes of the bundle, null where there is nothing new. */
      readonly bundle: number | null
      /** Bytes of the patch of a copied folder, null where nothing changed. */
      readonly patch?: number | null
      /** What the worker could not keep, in words; it kept the rest. */
      readonly problem?: string
      /** An unfinished operation of the agent, such as a rebase, in words. */
      readonly unfinished?: string
      /** Names of the work that is only in the work folder. */
      readonly unkept?: readonly string[]
    }
  /**
   * The turn is over with this exit code, no process of the agent is left, and the worker waits for a further order.
   */
  | { readonly k: 'idle'; readonly code: number }
  /** `wip` is null if there was none, or if it does not apply on top of the new head. */
  | { readonly k: 'rebased'; readonly head: string; readonly wip: string | null; readonly bundle: number | null }
  /** A file of `given`, with its mode and its owner as the worker sees them, or why it cannot be read. */
  | {
      readonly k: 'given'
      readonly path: string
      readonly mode?: string
      readonly owner?: string
      readonly problem?: string
    }
  /** The image has no such locale, the agent may not write into that folder in memory, or a submodule is not there. */
  | { readonly k: 'unmet'; readonly what: 'locale' | 'writable' | 'submodule'; readonly name: string }
  /** A file of `take` was copied; `problem`: why not, where it is there. A file that is not there has no such frame. */
  | { readonly k: 'taken'; readonly file: string; readonly problem?: string }
  /** `at` is the subject of the commit that did not apply. */
  | { readonly k: 'conflict'; readonly files: readonly string[]; readonly at: string }
  | {
      readonly k: 'fail'
      readonly stage: 'order' | 'clone' | 'startup' | 'agent' | 'commit' | 'bundle' | 'rebase' | 'move'
      readonly message: string
    }
  | { readonly k: 'end' }

/** `n` counts from 1 without holes for one container; `t` is the worker's clock in ms since the epoch (untrusted). */
export type Frame = { readonly v: typeof PROTOCOL; readonly n: number; readonly t: number } & FrameBody

/** Serializes a frame to one ASCII line without its newline. */
export const encodeFrame = (frame: Frame): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII is escaped
  JSON.stringify(frame).replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
