import type { ContainerSpec, Mount, Tmpfs } from '../../domain/container-spec.ts'
import type { ContainerEngineKind } from '../../domain/engine-kind.ts'
import type { EngineInfo } from '../engine.ts'
import type { Call } from '../http/call.ts'
import type { Answer, Connection } from '../http/connection.ts'
import type { Layer } from './layer-options.ts'
import type { WireHostConfig } from './wire-types.ts'

/** Where engines that speak Docker's API differ; everything else is common. docs/engines.md has the list. */
export type Dialect = {
  readonly kind: ContainerEngineKind
  readonly info: (connection: Connection, signal: AbortSignal | undefined) => Promise<EngineInfo>
  /** Value of HostConfig.UsernsMode. */
  readonly usernsMode: (spec: ContainerSpec, info: EngineInfo) => string
  /** How a layer over a shared folder is asked for: an entry of HostConfig.Mounts, or one of HostConfig.Binds. */
  readonly layer: (
    layer: Layer,
    labels: ContainerSpec['labels'],
  ) => { readonly mount: object } | { readonly bind: string }
  /** How a folder of this machine is asked for: as an entry of HostConfig.Mounts, or of HostConfig.Binds. */
  readonly mountForm: (mount: Mount) => 'mount' | 'bind'
  /** The options of a folder in memory. */
  readonly tmpfs: (tmpfs: Tmpfs, user: ContainerSpec['user']) => string
  /** How a seccomp profile is given: its text, or the path of its file. */
  readonly seccomp: 'text' | 'path'
  /** A container that this engine must be asked for in words of its own; undefined: Docker's are enough. */
  readonly ownCreate?: (
    spec: ContainerSpec,
    info: EngineInfo,
    seccomp: string | null,
  ) => { readonly prefix: string; readonly body: object } | undefined
  /** What an inspect in Docker's words leaves out. */
  readonly inspectMore?: (
    connection: Connection,
    id: string,
    signal: AbortSignal | undefined,
  ) => Promise<WireHostConfig | undefined>
  /** A create that failed because the name is taken. */
  readonly nameTaken: (answer: Answer) => boolean
  /** A kill that failed because the container does not run. */
  readonly notRunning: (answer: Answer) => boolean
  /** Following a log may end before all of it was told. */
  readonly followEndsEarly: boolean
  /** A folder that is to be mounted and is not there is made, instead of an error. */
  readonly makesMissingFolders: boolean
  /** For an engine whose push says nothing on the way: a call that sends the layers and names each. */
  readonly sendLayers?: (name: string) => Pick<Call, 'prefix' | 'path' | 'query'>
  /** An event's action in Docker's words; undefined: not told. */
  readonly action: (action: string) => string | undefined
}
