export type Mount = {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  /**
   * What it is for, as shown by --dry-run: workspace, home, exchange, mirror, index, toolbox, gateway, timezone, temporary, or
   * volume (the user's).
   */
  readonly role: string
  /**
   * The source is an overlay on the folder `shared`, which nobody writes; `work` is the kernel's own folder beside the
   * source.
   */
  readonly over?: { readonly shared: string; readonly work: string }
}

/** A file system in memory, empty when the container starts; the options as mount(8) has them. */
export type Tmpfs = { readonly target: string; readonly options: readonly string[] }

/** A limit; `asked` true: the user named it, so an engine that can't enforce it is an error, else a warning. */
export type Limit = { readonly value: number; readonly asked: boolean }

/** GPUs of the machine: all, the first so many, or those with these ids (an index, a UUID, or a name of CDI). */
export type Gpus = 'all' | number | readonly string[]

/** A device file of the machine; `access` is some of r (read), w (write) and m (make the file). */
export type Device = { readonly source: string; readonly target: string; readonly access: string }

/** A port of the machine that leads to one of the container. */
export type PublishedPort = {
  readonly address: string
  readonly hostPort: number
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
}

/** A limit of processes (setrlimit) by the engines' name for it, such as nofile. */
export type Ulimit = { readonly name: string; readonly soft: number; readonly hard: number }

/** What Berth asks of an engine: plain JSON, the same for every engine. */
export type ContainerSpec = {
  readonly name: string
  readonly image: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workdir: string
  /**
   * uid and gid of the worker and the agent, e.g. 1000:1000. Never root, save where `userNamespace` is
   * `root-is-caller`.
   */
  readonly user: { readonly uid: number; readonly gid: number }
  /**
   * `keep-id`: rootless Podman maps the caller to itself. `root-is-caller`: the caller is the container's root, on
   * rootless engines.
   */
  readonly userNamespace: 'none' | 'keep-id' | 'root-is-caller'
  readonly network: 'none' | 'engine'
  readonly mounts: readonly Mount[]
  readonly labels: Readonly<Record<string, string>>
  readonly memoryBytes: Limit | null
  /** CPUs, may be a fraction. */
  readonly cpus: Limit | null
  readonly pids: Limit | null
  readonly capDrop: readonly string[]
  readonly noNewPrivileges: boolean
  /**
   * Limits of what the kernel counts for a user over all containers and programs; left out where the engine takes none.
   */
  readonly userLimits?: Readonly<Record<'sigpending' | 'msgqueue', number>>
  /** Limits of processes that the user named; they come before `userLimits`. */
  readonly ulimits?: readonly Ulimit[]
  /** Size of /dev/shm in bytes; absent: the engine's own. */
  readonly shmBytes?: number
  readonly gpus?: Gpus
  readonly devices?: readonly Device[]
  readonly publish?: readonly PublishedPort[]
  /** The engine's name of an OCI runtime; absent: its default. */
  readonly runtime?: string
  /** File of the seccomp profile, on the engine's machine; absent: the engine's own profile. */
  readonly seccomp?: string
  /** Nobody can change the image's files in the container. */
  readonly readOnlyRoot?: true
  readonly tmpfs?: readonly Tmpfs[]
  /** The profile in `seccomp` is the user's: its text, and the file that it was read from. */
  readonly ownSeccomp?: { readonly from: string; readonly text: string }
  /** Options of the SELinux label: `disable`, or PART:VALUE. */
  readonly securityLabel?: readonly string[]
  /** The name of an AppArmor profile. */
  readonly apparmor?: string
}

export const LABEL = {
  managed: 'berth.managed',
  task: 'berth.task',
  turn: 'berth.turn',
  provider: 'berth.provider',
  state: 'berth.state',
  name: 'berth.name',
  session: 'berth.session',
  role: 'berth.role',
  owner: 'berth.owner',
  manifest: 'berth.manifest',
} as const
