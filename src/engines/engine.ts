import type { ContainerSpec } from '../domain/container-spec.ts'
import type { EffectiveSettings } from '../domain/effective-settings.ts'
import type { EngineKind } from '../domain/engine-kind.ts'

/**
 * What an engine reports of itself, measured once per connection. Capabilities are data: no code asks for the kind.
 * @example
 * ```ts
 * const canLimitMemory = ({ limits, sandbox }: EngineInfo) => sandbox && limits.memory
 * ```
 */
export type EngineInfo = {
  readonly kind: EngineKind
  readonly version: string
  readonly apiVersion: string
  readonly rootless: boolean
  /** GOARCH-like: amd64, arm64. */
  readonly architecture: string
  /** Version of the host's cgroup hierarchy. */
  readonly cgroup: 'v1' | 'v2'
  readonly limits: { readonly memory: boolean; readonly cpus: boolean; readonly pids: boolean }
  /** How a caller's uid gets into the container so that files in mounts belong to it. */
  readonly userNamespace: ContainerSpec['userNamespace']
  /** The log driver set for each container, one that keeps every byte. */
  readonly logDriver: string
  /**
   * Uses an inotify instance of this machine's kernel for each followed log; without a free one it polls five times a
   * second.
   */
  readonly inotifyLogs: boolean
  /** A mount may be the task's own overlay on a folder that tasks share. */
  readonly layers: boolean
  /** Accepts limits of processes (setrlimit) and keeps its own ones. */
  readonly ulimits: boolean
  /** How GPUs are asked for: by requests that a driver of the engine answers, or as devices of CDI. */
  readonly gpus: 'requests' | 'cdi' | 'none'
  /** The OCI runtimes that a container can have here. */
  readonly runtimes: readonly string[]
  /** Accepts a seccomp profile. */
  readonly seccomp: boolean
  /** Sets SELinux labels, and AppArmor profiles. */
  readonly selinux: boolean
  readonly apparmor: boolean
  /** Its host name and kernel are this machine's. A socket of such an engine is not a way to another machine. */
  readonly sameHost?: boolean
  /** False: programs run with the caller's rights on this machine, without mounts, limits, isolation and images. */
  readonly sandbox: boolean
}

/**
 * An image that the engine has.
 * @example
 * ```ts
 * const runsHere = (image: ImageInfo, engine: EngineInfo) => image.os === 'linux' && image.architecture === engine.architecture
 * ```
 */
export type ImageInfo = {
  readonly id: string
  readonly digest: string | null
  readonly architecture: string
  readonly os: string
  readonly sizeBytes: number
  readonly tags: readonly string[]
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  /** The PATH that the image sets. */
  readonly path: string | null
  /** The user that the image sets: USER or USER:GROUP, each a name or a number; empty: root. */
  readonly user: string
}

/**
 * How a container ended, in the engine's words.
 * @example
 * ```ts
 * const exit: ContainerExit = { code: 137, oom: true, error: null }
 * ```
 */
export type ContainerExit = { readonly code: number; readonly oom: boolean; readonly error: string | null }

/**
 * What a container is doing.
 * @example
 * ```ts
 * const isOver = (state: ContainerState) => state === 'exited' || state === 'dead'
 * ```
 */
export type ContainerState = 'created' | 'running' | 'paused' | 'exited' | 'removing' | 'dead'

/**
 * A container as the engine shows it; `pid` and `exit` are null where there is none.
 * @example
 * ```ts
 * const task = ({ labels }: ContainerInfo) => labels['berth.task'] ?? null
 * ```
 */
export type ContainerInfo = {
  readonly id: string
  readonly name: string
  readonly state: ContainerState
  readonly pid: number | null
  readonly image: string
  readonly exit: ContainerExit | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A piece of a container's output. It may end within a line.
 * @example
 * ```ts
 * const errors = (chunks: readonly LogChunk[]) =>
 *   Buffer.concat(chunks.filter(({ stream }) => stream === 'stderr').map(({ data }) => data)).toString()
 * ```
 */
export type LogChunk = { readonly stream: 'stdout' | 'stderr'; readonly data: Buffer }

/**
 * What happened to a container, in Docker's words, whichever engine tells it.
 * @example
 * ```ts
 * const wasKilled = ({ action, signal }: EngineEvent) => action === 'kill' && (signal === '9' || signal === 'SIGKILL')
 * ```
 */
export type EngineEvent = {
  readonly action: string
  readonly container: string
  readonly name: string
  readonly at: string
  readonly exitCode: number | null
  /** The signal of a kill, as the engine writes it: a number or a name; null if it reports none. */
  readonly signal: string | null
  readonly labels: Readonly<Record<string, string>>
}

/**
 * A step of a pull, for people.
 * @example
 * ```ts
 * const shown = ({ status, detail }: PullProgress) => (detail === null ? status : `${status} ${detail}`)
 * ```
 */
export type PullProgress = { readonly status: string; readonly detail: string | null }

/**
 * What a registry asks for: the name and the secret of a user, or a token of an earlier login.
 * @example
 * ```ts
 * const login: RegistryLogin = { username: 'ada', password: 'a secret' }
 * ```
 */
export type RegistryLogin =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }

/**
 * A step of a push: a layer that is under way, with its bytes as far as they are known, a layer that the registry has
 * now or had before, and at the end the digest under which the registry has the image.
 * @example
 * ```ts
 * const isSaved = (step: PushProgress) => step.step === 'there'
 * ```
 */
export type PushProgress =
  | { readonly step: 'sending'; readonly layer: string; readonly done: number; readonly total: number | null }
  | { readonly step: 'sent' | 'there'; readonly layer: string }
  | { readonly step: 'done'; readonly digest: string }

/**
 * A command in a running container; `tty` gives it a terminal.
 * @example
 * ```ts
 * const shell: ExecOptions = { argv: ['sh', '-l'], workdir: '/work', tty: { columns: 80, rows: 24 } }
 * ```
 */
export type ExecOptions = {
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly user?: string
  readonly workdir?: string
  readonly tty?: { readonly columns: number; readonly rows: number }
}

/**
 * A command that runs in a container.
 * @example
 * ```ts
 * const outputOf = async (session: ExecSession) => {
 *   let text = ''
 *   for await (const { data } of session.output) text += data.toString()
 *   return { text, code: await session.exit() }
 * }
 * ```
 */
export type ExecSession = {
  /** Demultiplexed output, ends with the exec. With a tty all is stdout. Must be read: `exit` waits for its end. */
  readonly output: AsyncIterable<LogChunk>
  /** Resolves when it can take more: at once, or when the earlier bytes are sent. */
  write(data: Buffer | string): Promise<void>
  /** Half-close: the program sees the end of its input. */
  end(): void
  resize(columns: number, rows: number): Promise<void>
  /** Resolves with the exit code after the output's end. */
  exit(): Promise<number>
  close(): void
}

/**
 * One engine at one endpoint. Every call takes a signal and has a limit of its own (calls that answer at once: 10 s;
 * create, start, stop, remove: 60 s); a call over its limit is BerthError `engine-timeout`, a refused connection
 * `engine-down`, no permission `engine-permission`, a missing image `image-missing`, everything else `engine-error`
 * with the engine's own words. Streams have no limit but the signal. Repeating is safe where said.
 * @example
 * ```ts
 * const run = async (engine: Engine, spec: ContainerSpec, signal: AbortSignal) => {
 *   const id = await engine.create(spec, signal)
 *   try {
 *     await engine.start(id, signal)
 *     return await engine.wait(id, signal)
 *   } finally {
 *     await engine.remove(id)
 *   }
 * }
 * ```
 */
export interface Engine extends AsyncDisposable {
  /** As users write it: unix:///var/run/docker.sock */
  readonly endpoint: string
  info(signal?: AbortSignal): Promise<EngineInfo>
  /** Undefined where the engine does not have it. */
  image(reference: string, signal?: AbortSignal): Promise<ImageInfo | undefined>
  images(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly ImageInfo[]>
  /** A registry that refuses the login, or wants one, is `image-denied`. */
  pull(reference: string, signal: AbortSignal, login?: RegistryLogin): AsyncIterable<PullProgress>
  /**
   * Sends an image to the registry that `to` names, without the layers that the registry has: a push that broke off
   * goes on so. Ends with the step `done`. Leaves no name on the engine that was not there before. A registry that
   * refuses the login, or wants one, is `image-denied`.
   */
  push(
    image: { readonly reference: string; readonly to: string; readonly login?: RegistryLogin | undefined },
    signal: AbortSignal,
  ): AsyncIterable<PushProgress>
  /**
   * Creates without starting. A container of that name with the same labels is adopted: its id is returned. Never
   * auto-removed.
   */
  create(spec: ContainerSpec, signal?: AbortSignal): Promise<string>
  /** Idempotent: a started container stays as it is. */
  start(id: string, signal?: AbortSignal): Promise<void>
  /** Resolves when the container has ended (at once when it already has). No limit but the signal. */
  wait(id: string, signal: AbortSignal): Promise<ContainerExit>
  /** The log from its start, or since a time (ISO 8601, whole seconds). With follow it ends when the container ends. */
  logs(
    id: string,
    options: { readonly follow: boolean; readonly since?: string },
    signal: AbortSignal,
  ): AsyncIterable<LogChunk>
  /** False where it is gone or not running. */
  kill(id: string, killSignal: string, signal?: AbortSignal): Promise<boolean>
  /** Undefined where there is no such container. */
  inspect(id: string, signal?: AbortSignal): Promise<ContainerInfo | undefined>
  /**
   * Compares the running container with its spec; throws `engine-error` if an important setting differs (mounts,
   * network, user, capabilities, asked limits). The pid is on the engine's machine; null if the container has ended.
   */
  check(
    id: string,
    spec: ContainerSpec,
    signal?: AbortSignal,
  ): Promise<{ readonly settings: EffectiveSettings; readonly pid: number | null }>
  /** Force-removes with anonymous volumes; a missing container is fine. */
  remove(id: string, signal?: AbortSignal): Promise<void>
  list(labels: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly ContainerInfo[]>
  exec(id: string, options: ExecOptions, signal: AbortSignal): Promise<ExecSession>
  /**
   * Starts a command that has neither input nor output, and that nobody waits for. Resolves when it runs; not every engine
   * says so if the program does not exist.
   */
  execDetached(id: string, options: Omit<ExecOptions, 'tty'>, signal: AbortSignal): Promise<void>
  putArchive(id: string, path: string, tar: AsyncIterable<Uint8Array> | Buffer, signal?: AbortSignal): Promise<void>
  getArchive(id: string, path: string, signal: AbortSignal): AsyncIterable<Buffer>
  /**
   * Container events of our labels, from now or from `since` as far as the engine remembers. With `until` it ends
   * there, else only with the signal or the engine's end. Times are ISO 8601, whole seconds: events of the same second
   * come too.
   */
  events(
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
    range?: { readonly since?: string; readonly until?: string },
  ): AsyncIterable<EngineEvent>
  /** One sample; null where the engine gives none. */
  stats(
    id: string,
    signal?: AbortSignal,
  ): Promise<{ readonly memoryBytes: number; readonly cpuNanos: number; readonly pids: number | null } | null>
}
