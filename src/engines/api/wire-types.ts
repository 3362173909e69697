/** What we read of the engines' answers. Fields may be missing: versions and engines leave out what is empty. */
export type WireState = {
  readonly Status?: string
  readonly Running?: boolean
  readonly OOMKilled?: boolean
  readonly Pid?: number
  readonly ExitCode?: number
  readonly Error?: string | null
  readonly StartedAt?: string
  readonly FinishedAt?: string
}
export type WireMount = {
  readonly Type?: string
  readonly Source?: string
  readonly Destination?: string
  readonly RW?: boolean
}
export type WireVolume = {
  readonly Target?: string
  readonly VolumeOptions?: {
    readonly DriverConfig?: { readonly Options?: Readonly<Record<string, string>> | null } | null
  } | null
}
export type WireHostConfig = {
  readonly Mounts?: readonly WireVolume[] | null
  readonly Binds?: readonly string[] | null
  readonly NetworkMode?: string
  readonly Privileged?: boolean
  readonly PidMode?: string
  readonly CapAdd?: readonly string[] | null
  readonly CapDrop?: readonly string[] | null
  readonly ReadonlyRootfs?: boolean
  readonly Tmpfs?: Readonly<Record<string, string>> | null
  readonly SecurityOpt?: readonly string[] | null
  readonly Memory?: number
  readonly NanoCpus?: number
  readonly PidsLimit?: number | null
  readonly Ulimits?: readonly { readonly Name?: string; readonly Soft?: number; readonly Hard?: number }[] | null
  readonly ShmSize?: number
  readonly Runtime?: string
  readonly Devices?:
    | readonly {
        readonly PathOnHost?: string
        readonly PathInContainer?: string
        readonly CgroupPermissions?: string
      }[]
    | null
  readonly DeviceRequests?:
    | readonly { readonly Driver?: string; readonly Count?: number; readonly DeviceIDs?: readonly string[] | null }[]
    | null
  readonly PortBindings?: Readonly<
    Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>
  > | null
}
export type WireContainer = {
  readonly Id: string
  readonly Name?: string
  readonly Image?: string
  readonly State?: WireState
  readonly Mounts?: readonly WireMount[] | null
  readonly ProcessLabel?: string
  readonly AppArmorProfile?: string
  readonly Config?: {
    readonly Image?: string
    readonly User?: string
    readonly Labels?: Readonly<Record<string, string>> | null
  }
  readonly HostConfig?: WireHostConfig
}
export type WireImage = {
  readonly Id: string
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
  readonly Created?: string | number
  readonly Architecture?: string
  readonly Os?: string
  readonly Size?: number
  readonly Labels?: Readonly<Record<string, string>> | null
  readonly Config?: {
    readonly Labels?: Readonly<Record<string, string>> | null
    readonly Env?: readonly string[] | null
    readonly User?: string
  } | null
}
export type WireEvent = {
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> }
  readonly time?: number
  readonly timeNano?: number
}
export type WireStats = {
  readonly memory_stats?: { readonly usage?: number }
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } }
  readonly pids_stats?: { readonly current?: number }
}
